import { KintsugiError } from '../../shared/errors.ts';
import { embed, forward, type Model } from '../models/model.ts';
import { withLora } from '../models/weights.ts';
import { createRandom } from '../random.ts';
import type { Adaptation } from './objective.ts';
import type { HistoryPoint } from './training-state.ts';
import {
  type Subject,
  type TuneData,
  type TuneOptions,
  type TuneRun,
  tuneAdaptation,
} from './tune.ts';
import type { LoraAdapter, LoraModule } from './types.ts';

export interface LoraOptions extends TuneOptions {
  readonly rank: number;
  /** The update is scaled by alpha / rank. */
  readonly alpha: number;
  /** Last components of the modules' names, for example `q_proj`, `v_proj`. */
  readonly targets: readonly string[];
}

export interface TunedLora {
  readonly adapter: LoraAdapter;
  readonly history: readonly HistoryPoint[];
  readonly best: { readonly step: number; readonly validation: number } | undefined;
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
  const { rank, alpha, targets } = options;
  const start = initialAdapter(subject.model, options);
  const adaptation = loraAdaptation(subject.model, start);
  const parameters = Object.fromEntries(
    [...start.modules].flatMap(([module, { a, b }]) => [
      [`${module}.a`, a],
      [`${module}.b`, b],
    ]),
  );
  const result = await tuneAdaptation(subject, adaptation, parameters, data, options, run);
  const modules = [...start.modules].map(([module, shape]): [string, LoraModule] => [
    module,
    { ...shape, a: result.parameters[`${module}.a`]!, b: result.parameters[`${module}.b`]! },
  ]);
  return {
    adapter: { rank, alpha, targets, modules: new Map(modules) },
    history: result.history,
    best: result.best,
  };
}

/** `<module>.a` [rank, in] and `<module>.b` [out, rank] for every adapted module. */
export function loraAdaptation(model: Model, { rank, alpha, modules }: LoraAdapter): Adaptation {
  const shapes = [...modules].flatMap(([module, size]) => [
    [`${module}.a`, [rank, size.in]],
    [`${module}.b`, [size.out, rank]],
  ]);
  return {
    name: 'lora',
    shapes: Object.fromEntries(shapes),
    prefix: 0,
    apply(trainable, ids) {
      const adapters = [...modules.keys()].map(
        (module) =>
          [module, { a: trainable[`${module}.a`]!, b: trainable[`${module}.b`]! }] as const,
      );
      const weights = withLora(model.weights, new Map(adapters), alpha / rank);
      const adapted = { ...model, weights };
      return { model: adapted, hidden: forward(adapted, embed(model, ids)).hidden };
    },
  };
}

/**
 * A kaiming-uniform with a = √5, which is uniform in ±1/√in, and B zero, as in peft: the adapted
 * model starts as the frozen one.
 */
export function initialAdapter(
  model: Model,
  { rank, alpha, targets, seed }: Pick<LoraOptions, 'rank' | 'alpha' | 'targets' | 'seed'>,
): LoraAdapter {
  const random = createRandom(seed, 'lora');
  const shapes = model.family.tensorShapes(model.config);
  const modules = targetedModules(model, targets).map((module): [string, LoraModule] => {
    const [out, width] = shapes.get(`${module}.weight`) as [number, number];
    const bound = 1 / Math.sqrt(width);
    const a = Float32Array.from({ length: rank * width }, () => (2 * random.uniform() - 1) * bound);
    return [module, { in: width, out, a, b: new Float32Array(out * rank) }];
  });
  return { rank, alpha, targets, modules: new Map(modules) };
}

const lastPart = (module: string): string => module.slice(module.lastIndexOf('.') + 1);

function targetedModules({ family, config }: Model, targets: readonly string[]): string[] {
  const layers = Array.from({ length: config.layers }, (_, layer) => family.stages(config, layer));
  const linears = layers.flat(2);
  const known = [...new Set(linears.map(lastPart))];
  const unknown = targets.find((target) => !known.includes(target));
  if (unknown !== undefined || targets.length === 0)
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      unknown === undefined
        ? 'LoRA needs at least one target'
        : `The model has no linear layer "${unknown}" to adapt`,
      { field: 'targets', next: `Choose among: ${known.join(', ')}.` },
    );
  return linears.filter((module) => targets.includes(lastPart(module)));
}
