import type { SweepCell, SweepMatrix, SweepRow } from '../../shared/contract/sweeps.ts';
import { Empty } from '../notice.tsx';
import { formatAccuracy } from '../runs/arms-table.tsx';
import { describeRecovery } from '../runs/describe.ts';
import { STATUS_WORDS } from '../runs/status-badge.tsx';
import { hrefTo } from '../shell/pages.ts';

/** Combinations by arms: accuracy, and what share of the loss came back with its interval. */
export function Matrix({ matrix: { arms, rows } }: { matrix: SweepMatrix }) {
  return (
    <>
      {arms.length === 0 && (
        <Empty title="Nothing is compared yet">
          Each row fills once its run has compared its arms.
        </Empty>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Matrix">
        <table className="table numbers">
          <caption className="visually-hidden">Combinations and arms</caption>
          <thead>
            <tr>
              <th scope="col">Combination</th>
              <th scope="col">Run</th>
              {arms.map(({ id, label }) => (
                <th key={id} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.label}>
                <th scope="row" className="name">
                  {row.runId ? <a href={hrefTo('runs', row.runId)}>{row.label}</a> : row.label}
                </th>
                <td>{row.status ? STATUS_WORDS[row.status] : 'Not made'}</td>
                {arms.map(({ id }) => (
                  <td key={id}>
                    <Cell row={row} cell={row.cells[id]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Cell({ row, cell }: { row: SweepRow; cell: SweepCell | undefined }) {
  if (cell === undefined || row.runId === null) return '–';
  return (
    <a className="sweep-cell" href={hrefTo('compare', row.runId)}>
      {formatAccuracy(cell.mean)}
      {cell.recovery?.kind === 'recovered' && <Share share={cell.recovery.share} />}
      {cell.recovery && <span>{describeRecovery(cell.recovery)}</span>}
    </a>
  );
}

/** The share of the loss that came back, to be seen at a glance. */
const Share = ({ share }: { share: number }) => (
  <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect className="sweep-share-all" width="100" height="6" />
    <rect className="sweep-share-back" width={100 * Math.min(1, Math.max(0, share))} height="6" />
  </svg>
);
