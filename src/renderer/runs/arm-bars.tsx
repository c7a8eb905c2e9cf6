import type { RunResults } from '../../shared/results.ts';
import { formatPercent } from '../format.ts';

/** Mean accuracy of every arm: what compression left, and in gold what came back on top of it. */
export function ArmBars({ results: { arms } }: { results: RunResults }) {
  const compressed = arms.find(({ arm }) => arm.id === 'compressed')?.mean.mean;
  return (
    <ul className="arm-bars" aria-label="Mean accuracy by arm">
      {arms.map(({ arm, mean, recovery }) => {
        const base = recovery === null ? mean.mean : Math.min(mean.mean, compressed ?? mean.mean);
        return (
          <li key={arm.id}>
            <span className="arm-name">{arm.label}</span>
            <svg
              className="arm-bar"
              viewBox="0 0 100 10"
              preserveAspectRatio="none"
              aria-hidden="true"
              focusable="false"
            >
              <rect className="rail" width="100" height="10" />
              <rect className="left" width={100 * base} height="10" />
              <rect className="seam" x={100 * base} width={100 * (mean.mean - base)} height="10" />
            </svg>
            <span className="arm-value">{formatPercent(mean.mean)}</span>
          </li>
        );
      })}
    </ul>
  );
}
