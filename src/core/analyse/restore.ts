import type { Model } from '../models/model.ts';

/**
 * The compressed model with the original linears of some blocks put back: what is regained shows
 * where the damage sits. Both must be of one architecture and size.
 */
export function restoreBlocks(
  compressed: Model,
  original: Model,
  layers: readonly number[],
): Model {
  const { family, config } = compressed;
  const restored = new Set(layers.flatMap((layer) => family.stages(config, layer).flat()));
  return {
    ...compressed,
    weights: {
      tensor: compressed.weights.tensor,
      linear: (module, x) =>
        (restored.has(module) ? original : compressed).weights.linear(module, x),
    },
  };
}
