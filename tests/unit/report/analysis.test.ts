import { describe, expect, it } from 'vitest';
import { runInHarnessLayout } from '../../../src/main/cli/harness-layout.ts';
import { printPage } from '../../../src/main/report/print.ts';
import { renderReport } from '../../../src/main/report/report.ts';
import type { ReportedRun } from '../../../src/main/report/reported-run.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import type { ArmRecovery, RunAnalysis } from '../../../src/shared/results.ts';
import { results, timings } from '../electron/results.ts';

const share = (value: number): ArmRecovery => ({
  kind: 'recovered',
  lost: 0.2,
  regained: 0.2 * value,
  share: value,
  interval: { low: value - 0.05, high: value + 0.05, level: 0.95 },
});
const half = { mean: 0.5, standardError: 0.1, count: 9 };
const analysis: RunAnalysis = {
  displaced: {
    words: 'Displaced, not <forgotten>.',
    overall: {
      kind: 'displaced',
      repairs: [
        {
          arm: 'idp',
          unseen: share(0.31),
          seen: share(0.62),
          control: share(0.01),
          kind: 'displaced',
          controlSays: 'flips',
        },
      ],
    },
    tasks: {},
    taskLevel: 0.95,
    seen: {},
    control: null,
  },
  similarity: [{ arm: 'compressed', attention: [0.9, 0.8], activation: [0.7, 0.6] }],
  restored: [{ layer: 0, mean: half, recovery: share(0.4) }],
  choices: { prompts: ['a'], tasks: [{ task: 'a', counts: [3], own: 0 }], own: null },
  prompts: [{ name: 'a', tokens: 4, mean: half, recovery: share(0.2) }],
};
const run: ReportedRun = {
  id: 'run-1',
  name: 'First',
  status: 'done',
  createdAt: 0,
  finishedAt: 1,
  seed: 7,
  device: 'cpu',
  modelHash: null,
  recipe: PRESETS.quick,
  notes: '',
  outcome: { results: { ...results, analysis }, timings },
  metrics: [],
};

describe('a report of an analysed run', () => {
  const page = renderReport([run]);

  it('says the verdict first, escaped, and draws what is behind it', () => {
    expect(page).toContain('Displaced, not &lt;forgotten&gt;.');
    for (const title of [
      'Share of the lost accuracy that came back',
      'Attention: cosine with the original',
      'Activations: cosine with the original',
      'What one original block brings back',
    ])
      expect(page).toContain(`<figcaption>${title}`);
    expect(page).toContain('62% (57% to 67%)');
  });

  it('leaves out what was not asked', () => {
    const plain = { ...analysis, displaced: null, similarity: null, restored: null };
    const outcome = { results: { ...results, analysis: plain }, timings };
    const bare = renderReport([{ ...run, outcome }]);
    expect(bare).not.toContain('Forgotten or displaced?');
    expect(bare).toContain('Which prompt was chosen');
  });
});

it('gives every arm in the layout of lm-evaluation-harness', () => {
  const { arms } = runInHarnessLayout(run);
  const [first] = results.arms;
  const [task, estimate] = Object.entries(first!.tasks)[0]!;
  expect(arms![first!.arm.id]!.results[task]).toMatchObject({ 'acc,none': estimate.mean });
  expect(runInHarnessLayout({ ...run, outcome: null }).arms).toBeNull();

  const known = { ...first!, tasks: { triviaqa: half, arc_easy: half } };
  const outcome = { results: { ...results, arms: [known] }, timings };
  const written = runInHarnessLayout({ ...run, outcome }).arms![first!.arm.id]!;
  expect(written.results).toEqual({
    triviaqa: expect.objectContaining({ 'exact_match,remove_whitespace': 0.5 }),
    arc_easy: expect.objectContaining({ 'acc,none': 0.5, 'acc_stderr,none': 0.1 }),
  });
  expect(written.versions).toEqual({ triviaqa: 3, arc_easy: 1 });
});

it('says what to do where no browser can print', async () => {
  const environment = { KINTSUGI_CHROMIUM: '/nowhere/chromium' };
  await expect(printPage('<p>', environment)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: '--pdf',
    message: 'No Chromium, Chrome or Edge was found to lay out pages.',
    next: expect.stringContaining('--html'),
  });
});
