import type { RunResults } from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { formatAccuracy } from './arms-table.tsx';

/** Accuracy of every arm on every task, on facts and phrasings that no prompt saw. */
export function TasksTable({ results: { arms, taskTitles } }: { results: RunResults }) {
  const tasks = Object.keys(arms[0]?.tasks ?? {});
  return (
    <div className="table-scroll">
      <table className="table numbers">
        <caption>Accuracy by task, with its standard error</caption>
        <thead>
          <tr>
            <th scope="col">Task</th>
            {arms.map(({ arm }) => (
              <th scope="col" key={arm.id}>
                {arm.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <tr key={task}>
              <th scope="row">{taskTitle(taskTitles, task)}</th>
              {arms.map(({ arm, tasks: scores }) => (
                <td key={arm.id}>{scores[task] ? formatAccuracy(scores[task]) : '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
