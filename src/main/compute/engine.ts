import { createEngine } from '../../core/engine/index.ts';
import type { Engine } from '../../core/engine/program.ts';
import type { Device } from '../../shared/recipe.ts';

export interface EngineChoice {
  readonly device: Device;
  /** 0 is all cores. */
  readonly threads: number;
}

export const openEngine = ({ device, threads }: EngineChoice): Promise<Engine> =>
  createEngine({ device, ...(threads === 0 ? {} : { threads }) });
