import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/main/db/open.ts';
import { readResults } from '../../src/main/db/results.ts';
import { recoveries } from '../../src/main/report/charts.ts';
import {
  formatCount,
  formatDecimal,
  formatPercent,
  formatPoints,
} from '../../src/shared/format.ts';
import type { Estimate, RunResults, RunTimings } from '../../src/shared/results.ts';
import { taskTitle } from '../../src/shared/setting-words.ts';
import { claims, recovery, type StudyResult, table } from './study-claims.ts';
import { damage, damageFigure } from './study-damage.ts';
import { svgFile } from './study-figure.ts';
import type { StudyRun } from './study-runs.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** Writes docs/study.md and docs/study/*.svg. */
export async function writeStudy(store: Store, done: readonly StudyRun[]): Promise<void> {
  const found: StudyResult[] = [];
  for (const { part, name, run } of done) {
    const stored = await readResults(store.db, run.id);
    if (stored) found.push({ part, name, id: run.id, ...stored });
  }
  await mkdir(join(DOCS, 'study'), { recursive: true });
  const [compared, curve, families] = [['comparison'], ['comparison', 'point'], ['families']].map(
    (parts) => found.filter(({ part }) => parts.includes(part)),
  ) as [StudyResult[], StudyResult[], StudyResult[]];
  const sections = [`## How much damage can a prompt mend?\n\n${await damageSection(curve)}`];
  sections.push(...found.filter(({ part }) => part === 'displaced').map(displacedSection));
  for (const result of [...compared, ...families]) sections.push(await section(result));
  const finished = Math.max(0, ...done.map(({ run }) => run.finishedAt ?? 0));
  const text = [PREAMBLE(found, new Date(finished)), '## The claims', claims(found), ...sections];
  await writeFile(join(DOCS, 'study.md'), `${text.join('\n\n')}\n`);
  console.log(`docs/study.md: ${found.length} runs`);
}

async function damageSection(curve: readonly StudyResult[]): Promise<string> {
  const figure = damageFigure(curve);
  if (figure) await writeFile(join(DOCS, 'study/damage.svg'), figure);
  const picture =
    '![Share of the lost accuracy that came back, by accuracy lost](study/damage.svg)';
  return [...(figure ? [picture] : []), damage(curve)].join('\n\n');
}

const PREAMBLE = (found: readonly StudyResult[], finished: Date): string => {
  const seconds = found.flatMap(({ timings }) => Object.values(timings.stageSeconds));
  const minutes = seconds.reduce((sum, value) => sum + value, 0) / 60;
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  return `# The paper's main comparison on the starter

Made by \`npm run study\`, finished ${finished.toISOString().slice(0, 10)} on ${machine}; its stages took ${minutes.toFixed(0)} minutes. Every number below is printed from the run database; [the recipes](../scripts/science/study-runs.ts) say how they came about.

arXiv 2310.00867 compares one prompt chosen per input (IDP) with single prompts, prefixes and LoRA on compressed models, over nine tasks and without intervals. Here the model is the starter (2.6 M parameters), and so are the nine tasks. **All questions are about facts that nothing was tuned on, in wordings that neither pretraining nor tuning showed**: a repair that had only learned its tuning data would regain nothing. Three seeds each, one where it is said so; intervals are 95%, by a bootstrap over inputs and seeds, paired where two arms are compared. Recovery is (repaired − compressed) ÷ (original − compressed).

The bank is three prompts of 20 tokens that read the same data from different starts, as the paper's do; the single prompt has as many steps as all three together, and may also be one of the bank's if that does better on validation facts. In the runs with a prompt per task the bank is nine prompts, tuned in one pass over batches that hold inputs of each, or in turn from one prompt that half of the inputs went to; all prompts together read as many inputs as in the other runs.

Times were taken while the runs worked; \`npm run bench -- idp\` measures what choosing costs by itself.`;
};

function displacedSection({ id, name, results }: StudyResult): string {
  const { overall, control } = results.analysis!.displaced!;
  const label = (arm: string) => results.arms.find((result) => result.arm.id === arm)!.arm.label;
  const rows = overall.repairs.map(({ arm, unseen, seen, control: own, kind }) => [
    label(arm),
    ...[unseen, seen, own].map(recovery),
    kind,
  ]);
  const head = ['repair', 'facts never tuned on', 'facts tuned on', 'the control', 'verdict'];
  const own = control!.repairs.map(({ arm, kind }) => `${arm}: ${kind}`).join(', ');
  return `## Forgotten or displaced?

${name}, one seed. Share of what was lost that came back. The control is the same model, pretrained without a quarter of the facts and compressed and tuned alike; what comes back of those facts cannot have been remembered.

${table(head, rows)}

Judged as if it were a compressed model, the control gets (${own}). Run \`${id}\`.`;
}

async function section({ name, id, results, timings }: StudyResult): Promise<string> {
  const figure = svgFile(recoveries(results));
  const file = `${(name.toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-')}.svg`;
  if (figure) await writeFile(join(DOCS, 'study', file), figure);
  const parts = [
    `## ${name}`,
    results.verdict,
    ...(figure ? [`![Share of the lost accuracy that came back, by repair](study/${file})`] : []),
    arms(results, timings),
    byTask(results),
    choosers(results),
    `Run \`${id}\`.`,
  ];
  return parts.join('\n\n');
}

const arms = ({ arms }: RunResults, { millisecondsPerInput }: RunTimings): string =>
  table(
    ['arm', 'accuracy', 'recovery', 'perplexity', 'added parameters', 'ms per input'],
    arms.map((result) => [
      result.arm.label,
      accuracy(result.mean),
      recovery(result.recovery),
      formatDecimal(result.perplexity),
      formatCount(result.extraParameters),
      formatDecimal(millisecondsPerInput[result.arm.id]),
    ]),
  );

const byTask = ({ arms, taskTitles }: RunResults): string =>
  table(
    ['task', ...arms.map(({ arm }) => arm.label)],
    Object.keys(arms[0]!.tasks).map((task) => [
      taskTitle(taskTitles, task),
      ...arms.map(({ tasks }) => formatPercent(tasks[task]!.mean)),
    ]),
  );

const choosers = ({ selectors = [] }: RunResults): string =>
  table(
    ['who chooses', 'accuracy', 'over a random prompt', 'parameters'],
    selectors.map(({ name, mean, overRandom, parameters }) => [
      name,
      accuracy(mean),
      overRandom
        ? `${formatPoints(overRandom.value)} (${formatPoints(overRandom.interval.low)} to ${formatPoints(overRandom.interval.high)})`
        : '–',
      parameters === null ? '–' : formatCount(parameters),
    ]),
  );

const accuracy = ({ mean, standardError }: Estimate): string =>
  `${formatPercent(mean)}${standardError === null ? '' : ` ± ${formatPercent(standardError)}`}`;
