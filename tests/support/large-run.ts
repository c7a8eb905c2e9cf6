import { join } from 'node:path';
import { saveAnswers } from '../../src/main/db/answers.ts';
import { openStore } from '../../src/main/db/open.ts';
import { saveResults } from '../../src/main/db/results.ts';
import { createRun, updateRun } from '../../src/main/db/runs.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import type { ArmResult } from '../../src/shared/results.ts';

/** Its id. */
export const LARGE_RUN = 'large-run';
export const LARGE_ARMS = ['original', 'compressed', 'idp', 'lora'] as const;

/**
 * A finished run of many inputs, straight into the database of a host that isn't running. Of every
 * three inputs one is broken by compression and repaired by each repair.
 */
export async function writeLargeRun(home: string, inputs: number): Promise<void> {
  const store = await openStore(join(home, 'kintsugi.db'));
  const { db } = store;
  const run = {
    id: LARGE_RUN,
    kind: 'repair',
    seed: 0,
    directory: join(home, 'runs', LARGE_RUN),
  } as const;
  await createRun(db, { ...run, recipe: PRESETS.quick });
  await updateRun(db, LARGE_RUN, { status: 'done', name: 'Large', finished_at: Date.now() });
  await saveResults(db, LARGE_RUN, {
    results: {
      arms: LARGE_ARMS.map((id) => armResult(id, inputs)),
      seeds: [0],
      verdict: 'Made for a benchmark.',
    },
    timings: { millisecondsPerInput: {}, stageSeconds: {} },
  });
  for (const [a, arm] of LARGE_ARMS.entries()) {
    const answers = Array.from({ length: inputs }, (_, i) => ({
      task: i % 2 === 0 ? 'animals' : 'capitals',
      itemId: `made-up-${i}`,
      correct: (i + a) % 3 !== 0,
      scores: [-1.25, -2.5, -3.75, -5],
      prompt: arm === 'idp' ? `prompt ${i % 3}` : null,
      attention: arm === 'idp' ? [0.5, 0.3, 0.2] : null,
    }));
    await saveAnswers(db, { runId: LARGE_RUN, arm, seed: 0 }, answers);
  }
  await store.close();
}

function armResult(id: (typeof LARGE_ARMS)[number], count: number): ArmResult {
  const mean = { mean: 0.5, standardError: 0.01, count };
  return {
    arm: { id, label: id, weightsHash: id.padEnd(64, '0') },
    tasks: { animals: mean, capitals: mean },
    mean,
    perplexity: null,
    extraParameters: 0,
    bytesOnDisk: 1,
    bytesInMemory: 1,
    recovery: null,
  };
}
