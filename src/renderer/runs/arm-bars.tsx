import type { ArmId, RunResults } from '../../shared/results.ts';
import { formatPercent } from '../format.ts';

/** Mean accuracy of every arm: what compression left, in gold what came back, and what is still lost. */
export function ArmBars({ results: { arms } }: { results: RunResults }) {
  const meanOf = (id: ArmId) => arms.find(({ arm }) => arm.id === id)?.mean.mean;
  const original = meanOf('original') ?? 0;
  const compressed = meanOf('compressed');
  return (
    <figure className="arm-bars">
      <ul aria-label="Mean accuracy by arm">
        {arms.map(({ arm, mean, recovery }) => {
          const kept = recovery === null ? mean.mean : Math.min(mean.mean, compressed ?? mean.mean);
          const lost = Math.max(0, original - mean.mean);
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
                <rect className="kept" width={100 * kept} height="10" />
                <rect
                  className="back"
                  x={100 * kept}
                  width={100 * (mean.mean - kept)}
                  height="10"
                />
                <rect className="lost" x={100 * mean.mean} width={100 * lost} height="10" />
              </svg>
              <span className="arm-value">{formatPercent(mean.mean)}</span>
            </li>
          );
        })}
      </ul>
      <figcaption className="legend" aria-hidden="true">
        {(['kept', 'back', 'lost'] as const).map((part) => (
          <span key={part}>
            <span className={`swatch ${part}`} />
            {PARTS[part]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const PARTS = { kept: 'answered right', back: 'came back', lost: 'lost' } as const;
