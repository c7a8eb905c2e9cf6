import { memo } from 'react';
import type { RunDetail, Usage } from '../../shared/contract/runs.ts';
import { formatBytes } from '../format.ts';

/** What was estimated before the start, itemised, beside what was seen. */
export const RunUsage = memo(function RunUsage({
  memory,
  disk,
}: Pick<RunDetail, 'memory' | 'disk'>) {
  return (
    <>
      <UsageCard title="Memory" usage={memory} />
      <UsageCard title="Disk" usage={disk} />
    </>
  );
});

function UsageCard({ title, usage }: { title: string; usage: Usage }) {
  const known = (bytes: number | null) => (bytes === null ? '–' : formatBytes(bytes));
  const id = `usage-${title}`;
  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        {title}
      </h2>
      <dl className="pairs">
        <dt>Largest seen</dt>
        <dd>{known(usage.peak)}</dd>
        <dt>Estimated before</dt>
        <dd>{known(usage.estimated)}</dd>
        {usage.items.map(({ name, bytes }) => (
          <div className="pair" key={name}>
            <dt className="indent">{name}</dt>
            <dd>{formatBytes(bytes)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
