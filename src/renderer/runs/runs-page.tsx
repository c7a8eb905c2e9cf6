import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { RunPanel } from './run-panel.tsx';
import { RunTable } from './run-table.tsx';

/** All runs, and the chosen one beside them. */
export function RunsPage({ selected }: { selected: string | undefined }) {
  const { called, retry } = useCall('runs.list', {});
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const [newest] = called.value;
  if (newest === undefined) return <NoRuns />;
  const shown = selected ?? newest.id;
  return (
    <div className="split">
      <RunTable runs={called.value} selected={shown} />
      <RunPanel id={shown} />
    </div>
  );
}

export function NoRuns() {
  return (
    <section className="notice">
      <h2>No runs yet</h2>
      <p>
        A run compresses a model, tunes prompts that mend it, and compares the two with the
        original. Make the first one in a terminal, in Kintsugi's folder:
      </p>
      <pre>npm run repair</pre>
      <p className="faint">It appears here as soon as it starts.</p>
    </section>
  );
}
