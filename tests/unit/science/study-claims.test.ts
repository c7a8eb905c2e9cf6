import { expect, test } from 'vitest';
import { claims, type StudyResult } from '../../../scripts/science/study-claims.ts';
import { damage, damageFigure } from '../../../scripts/science/study-damage.ts';
import { svgFile } from '../../../scripts/science/study-figure.ts';
import { summarise } from '../../../src/main/compute/summarise.ts';
import { recoveries } from '../../../src/main/report/charts.ts';
import type { ArmId, SelectorResult } from '../../../src/shared/results.ts';

const QUESTIONS = 200;
const tasks = Array.from({ length: QUESTIONS }, (_, i) => (i % 2 === 0 ? 'a' : 'b'));

/** Answers the first `right` of all questions rightly. */
const arm = (id: ArmId, right: number, extraParameters = 0) => ({
  arm: { id, label: id === 'lora' ? '+ LoRA' : id, weightsHash: 'h' },
  scored: { tasks, correct: [tasks.map((_, i) => (i < right ? 1 : 0))] },
  perplexity: null,
  extraParameters,
  bytesOnDisk: 1,
  bytesInMemory: 1,
});

const chooser = (kind: SelectorResult['kind'], value: number): SelectorResult => ({
  kind,
  name: kind,
  mean: { mean: 0.5, standardError: 0.01, count: QUESTIONS },
  overRandom: { value, interval: { low: value - 0.01, high: value + 0.01, level: 0.95 } },
  parameters: 0,
});

function study(idp: number, prompt: number, lora: number): StudyResult {
  const arms = [
    arm('original', 180),
    arm('compressed', 100),
    arm('prompt', prompt, 100),
    arm('idp', idp, 300),
    arm('lora', lora, 1200),
  ];
  const compared = { seeds: [0], parameters: 10_000, stopped: new Map() };
  const results = summarise(arms, compared, { resamples: 300, seed: 0 });
  const selectors = [chooser('oracle', 0.05), chooser('idp', 0)];
  const timings = { millisecondsPerInput: { idp: 2, prompt: 1.5, lora: 1 }, stageSeconds: {} };
  return {
    part: 'comparison',
    name: 'halved',
    id: 'r',
    results: { ...results, selectors },
    timings,
  };
}

test('claims follow from the numbers, each in its direction', () => {
  const good = claims([study(170, 130, 110)]);
  expect(good).toMatch(/halved: yes: 8[78]% /);
  expect(good).toContain('**IDP is better than a single prompt?**\n\n- halved: better: +20.0');
  expect(good).toContain("LoRA with 4.0× the bank's parameters better: +30.0 points");
  expect(good).toContain('not distinguishable: ±0.0 points (−1.0 to +1.0); an oracle +5.0');
  const bad = claims([study(102, 130, 170)]);
  expect(bad).toContain('halved: worse: −14.0');
  expect(bad).toContain("the bank's parameters worse: −34.0");
  expect(claims([study(120, 120, 120)])).toContain('halved: in part: 25%');
});

test('a figure stands alone', () => {
  const drawn = svgFile(recoveries(study(120, 130, 140).results))!;
  expect(drawn).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]*viewBox[^>]*><style>/);
  expect(drawn.trimEnd()).toMatch(/<\/svg>$/);
  expect(drawn).not.toContain('<figure');
});

test('the target holds where half came back and no fixed prompt is better', () => {
  const named = (name: string, result: StudyResult) => ({ ...result, name });
  const runs = [
    named('mended', study(170, 165, 110)),
    named('worse than one', study(150, 175, 110)),
    named('little', study(110, 110, 170)),
  ];
  const said = damage(runs);
  expect(said).toContain('It holds for: mended (40.0 points lost). ');
  expect(said).toContain('not hold for: worse than one (40.0 points lost) and little (40.0 points');
  expect(said).toMatch(/\| mended \| 1 \| 40\.0 \|.*\| yes \|/);
  expect(said).toMatch(/\| little \| 1 \| 40\.0 \|.*\| no \|/);
  expect(damageFigure(runs)).toMatch(/accuracy lost to compression/);
  expect(damageFigure(runs.slice(0, 1))).toBeNull();
});
