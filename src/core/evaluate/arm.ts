import type { Model } from '../models/model.ts';
import type { StackedBank } from '../select/bank.ts';
import type { Selector } from '../select/selector.ts';
import type { Prefix } from '../tune/types.ts';

/** What is compared: a model (its adapter, if any, already in its weights) and maybe a bank or a prefix. */
export interface Arm {
  readonly model: Model;
  readonly bank?: StackedBank;
  readonly selector?: Selector;
  readonly prefix?: Prefix;
}

/** Positions that an arm takes in front of every input. */
export const virtualTokens = ({ bank, prefix }: Arm): number => (bank ?? prefix)?.tokens ?? 0;

/** Positions of the model that are left for tokens. */
export const freePositions = (arm: Arm): number =>
  arm.model.config.maxPositions - virtualTokens(arm);
