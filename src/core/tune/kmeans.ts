import { createRandom, type Random } from '../random.ts';

const MAX_ROUNDS = 100;

/**
 * Lloyd's k-means from k-means++ seeds. points: row-major [n, width].
 * @returns each point's cluster; every cluster has a member when there are k distinct points.
 */
export function kMeans(points: Float32Array, width: number, k: number, seed: number): number[] {
  const count = points.length / width;
  const row = (i: number) => points.subarray(i * width, (i + 1) * width);
  const random = createRandom(seed, 'k-means');
  const centres = seedCentres(row, count, k, random);
  let assigned: number[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = Array.from({ length: count }, (_, i) => nearest(row(i), centres).index);
    if (next.every((cluster, i) => cluster === assigned[i])) break;
    assigned = next;
    centres.forEach((centre, cluster) => {
      moveToMean(centre, row, assigned, cluster);
    });
  }
  return assigned;
}

/** Each further seed is drawn with probability in proportion to its squared distance to the seeds. */
function seedCentres(row: (i: number) => Float32Array, count: number, k: number, random: Random) {
  const centres = [Float64Array.from(row(random.integer(count)))];
  while (centres.length < k) {
    const distances = Array.from({ length: count }, (_, i) => nearest(row(i), centres).distance);
    let left = random.uniform() * distances.reduce((sum, d) => sum + d, 0);
    const chosen = distances.findIndex((distance) => {
      left -= distance;
      return left < 0;
    });
    centres.push(Float64Array.from(row(chosen < 0 ? count - 1 : chosen)));
  }
  return centres;
}

function nearest(point: Float32Array, centres: readonly Float64Array[]) {
  let best = { index: 0, distance: Number.POSITIVE_INFINITY };
  centres.forEach((centre, index) => {
    let distance = 0;
    for (let i = 0; i < centre.length; i++) distance += (point[i]! - centre[i]!) ** 2;
    if (distance < best.distance) best = { index, distance };
  });
  return best;
}

/** A cluster that lost all its members keeps its centre. */
function moveToMean(
  centre: Float64Array,
  row: (i: number) => Float32Array,
  assigned: readonly number[],
  cluster: number,
): void {
  const members = [...assigned.keys()].filter((i) => assigned[i] === cluster);
  if (members.length === 0) return;
  centre.fill(0);
  for (const member of members) {
    const point = row(member);
    for (let i = 0; i < centre.length; i++) centre[i]! += point[i]! / members.length;
  }
}
