import { formatPercent } from '../format.ts';
import './shares.css';

interface Props {
  readonly names: readonly string[];
  /** In [0, 1], in the order of the names. */
  readonly shares: readonly number[];
  readonly chosen: string;
}

/** How the attention that an input pays to prompts falls on each of them. */
export function Shares({ names, shares, chosen }: Props) {
  return (
    <ul className="shares" aria-label="Attention share of every prompt">
      {shares.map((share, i) => {
        const name = names[i] ?? `prompt ${i + 1}`;
        return (
          <li key={name} className={name === chosen ? 'chosen' : undefined}>
            <span className="share-name" title={name}>
              {name}
            </span>
            <span className="share-track" aria-hidden="true">
              <span className="share-bar" style={{ width: `${100 * share}%` }} />
            </span>
            <span className="share-value">{formatPercent(share)}</span>
          </li>
        );
      })}
    </ul>
  );
}
