import { Checkbox, VisuallyHidden } from '@mantine/core';
import type { RunSummary } from '../../shared/contract/runs.ts';
import {
  formatAgo,
  formatDate,
  formatPercent,
  formatPoints,
  formatWholePercent,
} from '../format.ts';
import { hrefTo } from '../shell/pages.ts';
import { describeRecipe } from './describe.ts';
import { RunMenu } from './run-menu.tsx';
import { COLUMNS, type Sort, type SortKey } from './sorting.ts';
import { StatusBadge } from './status-badge.tsx';

interface Props {
  readonly runs: readonly RunSummary[];
  /** With sorting, choosing and a menu; without, a list to glance at. */
  readonly tools?: {
    readonly sort: Sort;
    readonly onSort: (key: SortKey) => void;
    readonly chosen: ReadonlySet<string>;
    readonly onChoose: (id: string) => void;
    readonly onTag: (tag: string) => void;
  };
}

export function RunsTable({ runs, tools }: Props) {
  return (
    <div className="table-scroll">
      <table className="table runs-table">
        <thead>
          <tr>
            {tools && (
              <th scope="col" className="check">
                <VisuallyHidden>Chosen</VisuallyHidden>
              </th>
            )}
            {COLUMNS.map(({ key, title }) => (
              <th
                scope="col"
                key={key}
                className={`col-${key}`}
                aria-sort={tools?.sort.key === key ? tools.sort.direction : undefined}
              >
                {tools ? (
                  <button type="button" className="sort" onClick={() => tools.onSort(key)}>
                    {title}
                  </button>
                ) : (
                  title
                )}
              </th>
            ))}
            {tools && (
              <th scope="col">
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} tools={tools} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run, tools }: { run: RunSummary; tools: Props['tools'] }) {
  const { headline } = run;
  return (
    <tr>
      {tools && (
        <td className="check">
          <Checkbox
            size="xs"
            aria-label={`Choose ${run.name}`}
            checked={tools.chosen.has(run.id)}
            onChange={() => tools.onChoose(run.id)}
          />
        </td>
      )}
      <th scope="row" className="name">
        <a href={hrefTo('runs', run.id)}>{run.name}</a>
        <span className="what">
          {describeRecipe(run.recipe)}
          {run.tags.map((tag) =>
            tools ? (
              <button
                type="button"
                className="tag"
                key={tag}
                title={`Show runs tagged ${tag}`}
                onClick={() => tools.onTag(tag)}
              >
                {tag}
              </button>
            ) : (
              <span className="tag" key={tag}>
                {tag}
              </span>
            ),
          )}
        </span>
      </th>
      <td>
        <StatusBadge run={run} />
        <span className="what">{detailOf(run)}</span>
      </td>
      <td className="number col-original">{headline ? formatPercent(headline.original) : '–'}</td>
      <td className="number col-compressed">
        {headline ? formatPercent(headline.compressed) : '–'}
        {headline && (
          <span className="what">{formatPoints(headline.compressed - headline.original)}</span>
        )}
      </td>
      <td className="number">
        {headline ? formatPercent(headline.best) : '–'}
        {headline && (
          <span className="what gold">{formatPoints(headline.best - headline.compressed)}</span>
        )}
      </td>
      <td className="nowrap col-made">
        <time dateTime={new Date(run.createdAt).toISOString()} title={formatDate(run.createdAt)}>
          {formatAgo(run.createdAt, Date.now())}
        </time>
      </td>
      {tools && (
        <td className="menu">
          <RunMenu run={run} />
        </td>
      )}
    </tr>
  );
}

function detailOf(run: RunSummary): string {
  if (run.status === 'queued') {
    return run.queuePosition === null || run.queuePosition === 1
      ? 'next'
      : `number ${run.queuePosition}`;
  }
  if (run.status === 'running' || run.status === 'paused' || run.status === 'interrupted') {
    return formatWholePercent(run.progress);
  }
  return run.status === 'failed' ? (run.error?.code ?? '') : '';
}
