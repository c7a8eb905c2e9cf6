/** Shapes of a checkpoint's tensors, by name. */
export type Shapes = Map<string, readonly number[]>;

/** `<module>.weight` of this shape and, where it has one, a bias as long as its first axis. */
export function addAffine(
  shapes: Shapes,
  module: string,
  shape: readonly number[],
  bias: boolean,
): void {
  shapes.set(`${module}.weight`, shape);
  if (bias) shapes.set(`${module}.bias`, [shape[0]!]);
}
