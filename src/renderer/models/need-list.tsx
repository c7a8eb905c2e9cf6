import type { Need } from '../../shared/contract/wizard.ts';
import { formatBytes } from '../format.ts';
import { FitBadge } from '../wizard/cost.tsx';

/** Whether something fits, and what it is made of. */
export function NeedList({ need }: { need: Need }) {
  return (
    <details className="need">
      <summary>
        {formatBytes(need.total)} <FitBadge need={need} />
      </summary>
      <ul>
        {need.items.map(({ name, bytes }) => (
          <li key={name}>
            <span>{name}</span> <span>{formatBytes(bytes)}</span>
          </li>
        ))}
        <li className="faint">
          <span>free here</span> <span>{formatBytes(need.available)}</span>
        </li>
      </ul>
    </details>
  );
}
