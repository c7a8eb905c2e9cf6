import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { kMeans } from '../../../src/core/tune/kmeans.ts';

describe('kMeans', () => {
  it('finds well-separated clusters whatever the seed', () => {
    const random = createRandom(4);
    const truth = Array.from({ length: 90 }, (_, i) => i % 3);
    const centres = [
      [0, 0],
      [10, 0],
      [0, 10],
    ];
    const points = Float32Array.from(
      truth.flatMap((cluster) => centres[cluster]!.map((x) => x + random.normal())),
    );
    for (let seed = 0; seed < 10; seed++) {
      const found = kMeans(points, 2, 3, seed);
      const pairs = new Set(truth.map((cluster, i) => `${cluster} ${found[i]}`));
      expect(pairs.size).toBe(3);
    }
    expect(kMeans(points, 2, 3, 1)).toEqual(kMeans(points, 2, 3, 1));
  });

  it('bears with fewer distinct points than clusters', () => {
    const points = Float32Array.of(1, 1, 1, 5);
    const found = kMeans(points, 1, 3, 0);
    expect(new Set(found.slice(0, 3)).size).toBe(1);
    expect(found[3]).not.toBe(found[0]);
  });
});
