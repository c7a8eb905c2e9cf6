import type { RunDetail } from '../../shared/contract/runs.ts';
import { Verdict } from '../components/verdict.tsx';
import { ArmBars } from './arm-bars.tsx';
import { ArmsTable } from './arms-table.tsx';
import { SelectorsTable } from './selectors-table.tsx';
import { TasksTable } from './tasks-table.tsx';

/** What the run found: in words, as a picture, then every number. */
export function RunOutcome({ outcome }: { outcome: NonNullable<RunDetail['outcome']> }) {
  const { results, timings } = outcome;
  return (
    <>
      <section className="card" aria-labelledby="verdict">
        <h2 className="visually-hidden" id="verdict">
          Verdict
        </h2>
        <Verdict words={results.verdict} />
        <ArmBars results={results} />
      </section>
      <section className="card" aria-label="Numbers">
        <ArmsTable results={results} timings={timings} />
      </section>
      <section className="card" aria-label="Tasks">
        <TasksTable results={results} />
      </section>
      <SelectorsTable results={results} />
    </>
  );
}
