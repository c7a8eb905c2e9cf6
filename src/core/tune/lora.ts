import { KintsugiError } from '../../shared/errors.ts';
import type { Tensors } from '../engine/program.ts';
import { embed, forward, type Model } from '../models/model.ts';
import type { Weights } from '../models/weights.ts';
import { withLora } from '../models/weights.ts';
import { createRandom } from '../random.ts';
import type { ParameterSet } from './adamw.ts';
import { createDropout } from './dropout.ts';
import type { Adaptation, ExtraInputs } from './objective.ts';
import type { TrainResult } from './train.ts';
import {
  type Subject,
  type TuneData,
  type TuneOptions,
  type TuneRun,
  tuneAdaptation,
} from './tune.ts';
import { type LoraAdapter, type LoraModule, loraScale } from './types.ts';

/** What decides an adapter's size and scale. */
export type LoraShape = Omit<LoraAdapter, 'modules'>;

export interface LoraOptions extends TuneOptions, LoraShape {}

export interface TunedLora extends Pick<TrainResult, 'history' | 'best' | 'stoppedAt'> {
  readonly adapter: LoraAdapter;
}

/**
 * LoRA (arXiv 2106.09685): a low-rank update of the targeted linear layers is learned beside the
 * frozen, compressed or not, weights.
 * @throws KintsugiError ARGUMENT_INVALID, DATA_INVALID, CANCELLED, TRAINING_DIVERGED
 */
export async function tuneLora(
  subject: Subject,
  data: TuneData,
  options: LoraOptions,
  run: TuneRun = {},
): Promise<TunedLora> {
  const start = initialAdapter(subject.model, options, options.seed);
  const adaptation = loraAdaptation(subject.model, start, options.seed);
  const parameters = adapterParameters(start);
  const result = await tuneAdaptation(subject, adaptation, parameters, data, options, run);
  return {
    adapter: adapterOf(start, result.parameters),
    history: result.history,
    best: result.best,
    stoppedAt: result.stoppedAt,
  };
}

/** `<module>.a` [rank, in] and `<module>.b` [out, rank] for every adapted module. */
export const adapterParameters = ({ modules }: LoraAdapter): ParameterSet =>
  Object.fromEntries(
    [...modules].flatMap(([module, { a, b }]) => [
      [`${module}.a`, a],
      [`${module}.b`, b],
    ]),
  );

/** The adapter with other values of its parameters. */
export function adapterOf(adapter: LoraAdapter, parameters: ParameterSet): LoraAdapter {
  const modules = [...adapter.modules].map(([module, shape]): [string, LoraModule] => [
    module,
    { ...shape, a: parameters[`${module}.a`]!, b: parameters[`${module}.b`]! },
  ]);
  return { ...adapter, modules: new Map(modules) };
}

/** An adapter's trainable tensors, for adaptations that have one. */
export interface TrainableLora {
  readonly shapes: Adaptation['shapes'];
  /** Dropout's noise, when there is any. */
  readonly extra?: ExtraInputs;
  weights(weights: Weights, trainable: Tensors, extra: Tensors): Weights;
}

/** @param prefix rows in front of every sequence */
export function trainableLora(adapter: LoraAdapter, seed: number, prefix: number): TrainableLora {
  const { rank, dropout: share, modules } = adapter;
  const shapes = [...modules].flatMap(([module, size]) => [
    [`${module}.a`, [rank, size.in]],
    [`${module}.b`, [size.out, rank]],
  ]);
  const layers = [...modules].map(([module, { in: width }]) => ({ module, in: width }));
  const dropout = share > 0 ? createDropout({ share, seed, prefix, layers }) : undefined;
  return {
    shapes: Object.fromEntries(shapes),
    ...(dropout ? { extra: dropout.extra } : {}),
    weights(weights, trainable, extra) {
      const tensors = [...modules.keys()].map(
        (module) =>
          [module, { a: trainable[`${module}.a`]!, b: trainable[`${module}.b`]! }] as const,
      );
      return withLora(weights, new Map(tensors), loraScale(adapter), dropout?.apply(extra));
    },
  };
}

export function loraAdaptation(model: Model, adapter: LoraAdapter, seed: number): Adaptation {
  const { weights, ...lora } = trainableLora(adapter, seed, 0);
  return {
    name: 'lora',
    ...lora,
    prefix: 0,
    apply(trainable, ids, extra) {
      const adapted = { ...model, weights: weights(model.weights, trainable, extra) };
      return { model: adapted, hidden: forward(adapted, embed(model, ids)).hidden };
    },
  };
}

/**
 * A kaiming-uniform with a = √5, which is uniform in ±1/√in, and B zero, as in peft: the adapted
 * model starts as the frozen one.
 */
export function initialAdapter(model: Model, shape: LoraShape, seed: number): LoraAdapter {
  const { rank, alpha, rankStabilized, dropout, targets } = shape;
  if (!(dropout >= 0 && dropout < 1))
    throw new KintsugiError('ARGUMENT_INVALID', `A dropout of ${dropout} leaves nothing to learn`, {
      field: 'dropout',
      next: 'Use 0 or more, and less than 1.',
    });
  const random = createRandom(seed, 'lora');
  const shapes = model.family.tensorShapes(model.config);
  const named = namedTargets(model, targets);
  const targeted = blockLinears(model).filter((module) => named.includes(lastPart(module)));
  const modules = targeted.map((module): [string, LoraModule] => {
    const [out, width] = shapes.get(`${module}.weight`) as [number, number];
    const bound = 1 / Math.sqrt(width);
    const a = Float32Array.from({ length: rank * width }, () => (2 * random.uniform() - 1) * bound);
    return [module, { in: width, out, a, b: new Float32Array(out * rank) }];
  });
  return { rank, alpha, rankStabilized, dropout, targets: named, modules: new Map(modules) };
}

const lastPart = (module: string): string => module.slice(module.lastIndexOf('.') + 1);

const blockLinears = ({ family, config }: Model): string[] =>
  Array.from({ length: config.layers }, (_, layer) => family.stages(config, layer)).flat(2);

/**
 * Last parts of the modules' names that targets stand for: `default` is the family's own choice,
 * `all-linear` every linear layer of the blocks.
 * @throws KintsugiError ARGUMENT_INVALID for one that the model does not have
 */
export function namedTargets(model: Model, targets: readonly string[]): string[] {
  const known = [...new Set(blockLinears(model).map(lastPart))];
  const groups: Readonly<Record<string, readonly string[]>> = {
    default: model.family.loraTargets,
    'all-linear': known,
  };
  const named = [...new Set(targets.flatMap((target) => groups[target] ?? [target]))];
  const unknown = named.find((target) => !known.includes(target));
  if (unknown === undefined && named.length > 0) return named;
  throw new KintsugiError(
    'ARGUMENT_INVALID',
    unknown === undefined
      ? 'LoRA needs at least one target'
      : `The model has no linear layer "${unknown}" to adapt`,
    { field: 'targets', next: `Choose among: default, all-linear, ${known.join(', ')}.` },
  );
}
