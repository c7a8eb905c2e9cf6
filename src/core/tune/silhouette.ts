import { createRandom } from '../random.ts';
import { kMeans } from './kmeans.ts';

/** Points that a silhouette looks at, at most: its work grows with their square. */
const SAMPLE = 600;

/**
 * Mean silhouette (Rousseeuw 1987) of clustered points, row-major [n, width]: how much nearer a
 * point is to its own cluster than to the next, from −1 to 1. Points alone in their cluster count 0.
 */
export function silhouette(
  points: Float32Array,
  width: number,
  clusters: readonly number[],
): number {
  const count = clusters.length;
  const k = Math.max(...clusters) + 1;
  const sizes = new Float64Array(k);
  for (const cluster of clusters) sizes[cluster]!++;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const own = clusters[i]!;
    if (sizes[own] === 1) continue;
    const distances = new Float64Array(k);
    for (let j = 0; j < count; j++) distances[clusters[j]!]! += distance(points, width, i, j);
    const inside = distances[own]! / (sizes[own]! - 1);
    const outside = distances
      .map((total, cluster) => total / sizes[cluster]!)
      .filter((_, cluster) => cluster !== own && sizes[cluster]! > 0);
    const next = Math.min(...outside);
    sum += (next - inside) / Math.max(next, inside, Number.MIN_VALUE);
  }
  return sum / count;
}

function distance(points: Float32Array, width: number, i: number, j: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += (points[i * width + d]! - points[j * width + d]!) ** 2;
  return Math.sqrt(sum);
}

/** The number of clusters from 2 to `most` with the best silhouette on a sample of the points. */
export function bestClusterCount(
  points: Float32Array,
  width: number,
  most: number,
  seed: number,
): number {
  const count = points.length / width;
  const order = createRandom(seed, 'silhouette').shuffle([...Array(count).keys()]);
  const rows = order.slice(0, SAMPLE);
  const sample = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    sample.set(points.subarray(row * width, (row + 1) * width), i * width);
  });
  let best = { k: 1, score: Number.NEGATIVE_INFINITY };
  for (let k = 2; k <= Math.min(most, rows.length - 1); k++) {
    const clusters = kMeans(points, width, k, seed);
    const score = silhouette(
      sample,
      width,
      rows.map((row) => clusters[row]!),
    );
    if (score > best.score) best = { k, score };
  }
  return best.k;
}
