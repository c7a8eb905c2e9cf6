import type { ArmId, ArmResult, RunResults, RunTimings } from '../../../src/shared/results.ts';

function arm(id: ArmId, label: string, mean: number): ArmResult {
  const estimate = { mean, standardError: 0.012, count: 200 };
  return {
    arm: { id, label, weightsHash: `${id}-0123456789abcdef` },
    tasks: { capitals: estimate, elements: { ...estimate, standardError: null } },
    mean: estimate,
    perplexity: id === 'original' ? null : 12.345,
    extraParameters: 2560,
    bytesOnDisk: 1_234_567,
    bytesInMemory: 999,
    recovery: null,
  };
}

export const results: RunResults = {
  arms: [
    arm('original', 'original', 0.9),
    arm('compressed', 'compressed', 0.7),
    {
      ...arm('idp', 'compressed + IDP bank', 0.8),
      recovery: {
        kind: 'recovered',
        lost: 0.2,
        regained: 0.1,
        share: 0.5,
        interval: { low: 0.41, high: 0.593, level: 0.95 },
      },
    },
  ],
  seeds: [1],
  verdict: 'Compression cost 20 points; the prompts brought back 10.',
};

export const timings: RunTimings = {
  millisecondsPerInput: { original: 1.5, compressed: 0.75 },
  stageSeconds: { compress: 4 },
};
