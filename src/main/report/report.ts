import { win32 } from 'node:path';
import { formatCount, formatDate } from '../../shared/format.ts';
import type { ArmResult, RunResults, RunTimings } from '../../shared/results.ts';
import { VERSION } from '../version.ts';
import { analysisSections } from './analysis.ts';
import {
  accuracyAgainstSize,
  accuracyByTask,
  lossCurves,
  recoveries,
  recoveryAgainstDamage,
} from './charts.ts';
import { html, type Markup } from './html.ts';
import type { ReportedRun } from './reported-run.ts';
import { STYLE } from './style.ts';
import {
  armsTable,
  comparisonsTable,
  overviewTable,
  selectorsTable,
  tasksTable,
} from './tables.ts';

/**
 * Runs as one page that needs nothing else: no script, no font, no picture from elsewhere. It reads
 * in a light and a dark theme, and prints. The same runs give the same page.
 */
export function renderReport(runs: readonly ReportedRun[]): string {
  const [first] = runs;
  const title = runs.length === 1 ? first!.name : `${formatCount(runs.length)} runs compared`;
  const compared = runs.filter(({ outcome }) => outcome !== null);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Kintsugi</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="meta">What compression lost, and what came back</p>
</header>
<main>
${compared.length > 1 ? html`<section><h2>Side by side</h2>${overviewTable(compared)}${accuracyAgainstSize(compared)}${recoveryAgainstDamage(compared)}</section>` : null}
${runs.map((run) => runSection(run, runs.length > 1))}
</main>
<footer>Made with Kintsugi ${VERSION}. Accuracies are shown with their standard error, intervals are
95%. Recovery is the share of the accuracy that compression lost which came back, with a paired bootstrap interval;
one that contains zero means that nothing was shown to come back.</footer>
</body>
</html>
`.text;
}

function runSection(run: ReportedRun, named: boolean): Markup {
  const { outcome } = run;
  return html`<article class="run">
${named ? html`<h1>${run.name}</h1>` : null}
<p class="meta">${describe(run)}</p>
${outcome === null ? html`<p class="verdict">This run is ${run.status}; it has no results.</p>` : resultSections(run, outcome.results, outcome.timings)}
${lossCurves(run.metrics)}
${run.notes === '' ? null : html`<h2>Notes</h2><p>${run.notes}</p>`}
${provenance(run)}
</article>`;
}

function resultSections(run: ReportedRun, results: RunResults, timings: RunTimings): Markup {
  return html`<p class="verdict">${results.verdict}</p>
${recoveries(results)}
<h2>Arms</h2>
${armsTable(results, timings)}
${accuracyAgainstSize([run])}
${results.comparisons ? html`<h2>Arm against arm</h2>${comparisonsTable(results.comparisons, results)}<p class="faint-text">Paired by input. p is by McNemar’s exact test; tasks differ where it stays below 0.05 after Holm’s correction for their number.</p>` : null}
<h2>Tasks</h2>
${accuracyByTask(results)}
${tasksTable(results)}
${results.selectors ? html`<h2>Choosing a prompt</h2>${selectorsTable(results.selectors, timings)}` : null}
${analysisSections(results)}`;
}

function describe({ recipe, createdAt, finishedAt, status }: ReportedRun): string {
  const model = recipe === null ? 'a model of another version' : lastPart(recipe.model);
  const compression = recipe === null ? '' : ` · ${recipe.compression.method.toUpperCase()}`;
  const time = finishedAt === null ? `begun ${formatDate(createdAt)}` : formatDate(finishedAt);
  return `${model}${compression} · ${time}${status === 'done' ? '' : ` · ${status}`}`;
}

/** No path of a machine leaves with a report. */
const lastPart = (path: string): string => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;

function provenance(run: ReportedRun): Markup {
  const arms = run.outcome?.results.arms ?? [];
  return html`<h2>Where the numbers come from</h2>
<dl>
<dt>Run</dt><dd><code>${run.id}</code></dd>
<dt>Seed</dt><dd>${run.seed}</dd>
<dt>Device</dt><dd>${run.device ?? 'not chosen yet'}</dd>
<dt>Model</dt><dd><code>${run.modelHash ?? 'not opened yet'}</code></dd>
${arms.map(({ arm }) => html`<dt>${arm.label}</dt><dd>${hashes(arm)}</dd>`)}
</dl>
${run.recipe === null ? null : html`<details open><summary>Recipe</summary><pre>${JSON.stringify(run.recipe, withoutFolders, 2)}</pre></details>`}`;
}

function hashes({ weightsHash, bankHash, adapterHash }: ArmResult['arm']): Markup {
  const parts = [
    ['weights', weightsHash],
    ['bank', bankHash],
    ['adapter', adapterHash],
  ] as const;
  return html`${parts.map(([what, hash]) => (hash === undefined ? null : html`${what} <code>${hash}</code><br>`))}`;
}

/** For JSON. */
const withoutFolders = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && win32.isAbsolute(value) ? lastPart(value) : value;
