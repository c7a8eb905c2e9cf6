/**
 * Static shapes make one session per shape, so sizes are rounded up to few: 16, 24, 32, 48, 64, 96,
 * 128, … At most half of a bucket is padding, a quarter on average.
 */
export function bucket(size: number, smallest = 16): number {
  let lower = smallest;
  while (lower * 2 < size) lower *= 2;
  if (size <= lower) return lower;
  return size <= lower * 1.5 ? lower * 1.5 : lower * 2;
}
