import type { ErrorReport } from '../shared/contract-bridge.ts';

/** A failure in plain words: the code, what happened, what to do, and the button that does it. */
export function Failure({ error, retry }: { error: ErrorReport; retry: () => void }) {
  return (
    <section className="notice failure" role="alert">
      <h2>{error.message}</h2>
      <p>{error.next}</p>
      {error.file && (
        <p>
          File: <code>{error.file}</code>
        </p>
      )}
      <button type="button" onClick={retry}>
        Try again
      </button>
      <p className="faint">{error.code}</p>
    </section>
  );
}

export function Waiting() {
  return (
    <p className="faint" role="status">
      Loading…
    </p>
  );
}
