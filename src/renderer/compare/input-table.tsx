import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useCallback, useMemo, useRef } from 'react';
import type { ComparedRun, InputArm, InputCell, InputRow } from '../../shared/contract/compare.ts';
import type { TaskTitles } from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { CheckIcon, CrossIcon } from '../components/icons.tsx';
import { columnName } from './columns.ts';
import { titlesOf } from './compared-arms.ts';
import { type InputsQuery, useRows } from './use-input-pages.ts';

const ROW_HEIGHT = 44;
/** Rows drawn beyond the window, so that scrolling meets no gap. */
const OVERSCAN = 6;

interface Props {
  readonly query: InputsQuery;
  readonly arms: readonly InputArm[];
  readonly runs: readonly ComparedRun[];
  readonly total: number;
  readonly open: (row: number) => void;
}

/** Only the rows in sight exist; the arrow keys move from input to input. */
export function InputTable({ query, arms, runs, total, open }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  const titles = useMemo(() => titlesOf(runs), [runs]);
  const items = virtual.getVirtualItems();
  const rowAt = useRows(query, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);
  if (total === 0) return <p className="no-inputs">No input passes these filters.</p>;

  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const at = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset['row'];
    if (step === undefined || at === undefined) return;
    event.preventDefault();
    const next = Math.min(total - 1, Math.max(0, Number(at) + step));
    virtual.scrollToIndex(next);
    // The row may not be drawn before the next frame.
    requestAnimationFrame(() =>
      frame.current?.querySelector<HTMLElement>(`[data-row="${next}"] button`)?.focus(),
    );
  };
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div className="input-frame" ref={frame}>
      <table
        className="input-table"
        aria-label="Inputs and what every arm made of them"
        aria-rowcount={total + 1}
        onKeyDown={move}
        style={{ minWidth: `${17 + 6 * (arms.length + 1)}rem` }}
      >
        <thead>
          <tr>
            <th scope="col" className="input-column">
              Input
            </th>
            <th scope="col">Task</th>
            {arms.map((arm) => (
              <th scope="col" key={`${arm.runId} ${arm.arm.id} ${arm.seed}`}>
                {columnName(arm, arms, runs)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={above} columns={arms.length + 2} />
          {items.map(({ index }) => (
            <Row
              key={index}
              index={index}
              row={rowAt(index)}
              arms={arms}
              titles={titles}
              open={open}
            />
          ))}
          <Gap height={below} columns={arms.length + 2} />
        </tbody>
      </table>
    </div>
  );
}

/** Takes the room of the rows that are not drawn. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={columns} className="input-gap" style={{ height }} />
    </tr>
  );
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
};

interface RowProps {
  readonly index: number;
  readonly row: InputRow | undefined;
  readonly arms: readonly InputArm[];
  readonly titles: TaskTitles;
  readonly open: (row: number) => void;
}

const Row = memo(function Row({ index, row, arms, titles, open }: RowProps) {
  const choose = useCallback(() => open(index), [open, index]);
  return (
    <tr className="input-row" aria-rowindex={index + 2} data-row={index}>
      <th scope="row">
        <button type="button" onClick={choose} disabled={row === undefined}>
          {row === undefined ? '…' : oneLine(row.context)}
        </button>
      </th>
      <td className="input-task">{row && taskTitle(titles, row.task)}</td>
      {arms.map(({ runId, arm, seed }, i) => (
        <td key={`${runId} ${arm.id} ${seed}`}>
          <Answer cell={row?.cells[i]} />
        </td>
      ))}
    </tr>
  );
});

function Answer({ cell }: { cell: InputCell | null | undefined }) {
  if (cell === undefined) return null;
  if (cell === null) return <span className="faint">–</span>;
  return (
    <>
      <span className={cell.correct ? 'right' : 'wrong'}>
        {cell.correct ? <CheckIcon size={15} /> : <CrossIcon size={15} />}
        {cell.correct ? 'right' : 'wrong'}
      </span>
      {cell.prompt !== null && (
        <span className="cell-prompt" title={cell.prompt}>
          {cell.prompt}
        </span>
      )}
    </>
  );
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
