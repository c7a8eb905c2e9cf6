import type { LinearShape } from '../../core/compress/options.ts';
import { elements } from '../../core/engine/graph/graph.ts';
import type { Model } from '../../core/models/model.ts';
import type { ModelLimits } from '../../shared/model-limits.ts';

type Shaped = Pick<Model, 'family' | 'config'>;

/** Parameters of the whole model. */
export const parameterCount = ({ family, config }: Shaped): number =>
  [...family.tensorShapes(config).values()].reduce((sum, shape) => sum + elements(shape), 0);

/** The linear layers that compression packs, by block and stage. */
export function blockShapes({ family, config }: Shaped): { stages: LinearShape[][] }[] {
  const shapes = family.tensorShapes(config);
  const shapeOf = (module: string) => {
    const [out, columns] = shapes.get(`${module}.weight`) as readonly [number, number];
    return { module, out, in: columns };
  };
  return Array.from({ length: config.layers }, (_, layer) => ({
    stages: family.stages(config, layer).map((stage) => stage.map(shapeOf)),
  }));
}

/** The same, one after the other. */
export const linearShapes = (model: Shaped): LinearShape[] =>
  blockShapes(model).flatMap(({ stages }) => stages.flat());

export const limitsOf = (model: Shaped): ModelLimits => ({
  linearColumns: [...new Set(linearShapes(model).map((linear) => linear.in))],
  layers: model.config.layers,
  maxPositions: model.config.maxPositions,
  parameters: parameterCount(model),
});
