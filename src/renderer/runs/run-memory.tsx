import type { RunDetail } from '../../shared/contract/runs.ts';
import { formatBytes } from '../format.ts';

/** What was estimated before the start, itemised, beside what was seen. */
export function RunMemory({ run: { memory } }: { run: RunDetail }) {
  const known = (bytes: number | null) => (bytes === null ? '–' : formatBytes(bytes));
  return (
    <section className="card" aria-labelledby="memory">
      <h2 className="card-title" id="memory">
        Memory
      </h2>
      <dl className="pairs">
        <dt>Largest seen</dt>
        <dd>{known(memory.peak)}</dd>
        <dt>Estimated before</dt>
        <dd>{known(memory.estimated)}</dd>
        {memory.items.map(({ name, bytes }) => (
          <div className="pair" key={name}>
            <dt className="indent">{name}</dt>
            <dd>{formatBytes(bytes)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
