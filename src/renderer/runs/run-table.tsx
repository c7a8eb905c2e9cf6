import type { RunSummary } from '../../shared/contract.ts';
import { formatDate } from '../format.ts';
import { describeRecipe } from './describe.ts';
import { StatusBadge } from './status-badge.tsx';

interface Props {
  readonly runs: readonly RunSummary[];
  readonly selected: string;
}

export function RunTable({ runs, selected }: Props) {
  return (
    <section className="runs" aria-label="Stored runs">
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id} aria-selected={run.id === selected}>
              <th scope="row">
                <a href={`#/runs/${encodeURIComponent(run.id)}`}>{formatDate(run.createdAt)}</a>
                <span className="what">{describeRecipe(run.recipe)}</span>
              </th>
              <td>
                <StatusBadge status={run.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
