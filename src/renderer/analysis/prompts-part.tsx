import type { CSSProperties } from 'react';
import type { Choices, PromptAlone, TaskTitles } from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { armLineStyle } from '../charts/palette.ts';
import { formatCount, formatPercent, formatWholePercent } from '../format.ts';
import { formatAccuracy } from '../runs/arms-table.tsx';
import { describeRecovery } from '../runs/describe.ts';
import { Part } from './part.tsx';

interface ChoicesProps {
  readonly choices: Choices;
  readonly titles: TaskTitles | undefined;
}

/** Which prompt was chosen for the inputs of which task. */
export function ChoicesPart({ choices: { prompts, tasks, own }, titles }: ChoicesProps) {
  const tuned = tasks.some((task) => task.own !== null)
    ? ' A frame marks the prompt that was tuned on that task.'
    : '';
  return (
    <Part
      title="Which prompt was chosen"
      about={`How many inputs of each task got which prompt; the more, the stronger the colour.${tuned}`}
    >
      <div className="table-scroll">
        <table className="table numbers choices">
          <caption className="visually-hidden">Inputs by task and chosen prompt</caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              {prompts.map((prompt) => (
                <th scope="col" key={prompt}>
                  {prompt}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <tr key={task.task}>
                <th scope="row">{taskTitle(titles, task.task)}</th>
                {prompts.map((prompt, i) => (
                  <Chosen
                    key={prompt}
                    count={task.counts[i] ?? 0}
                    of={task.counts.reduce((a, b) => a + b, 0)}
                    own={task.own === i}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {own && (
        <p className="analysis-note">
          {formatPercent(own.share)} of the inputs got the prompt of their own tasks; by lot it
          would be {formatPercent(own.byLot)}.
        </p>
      )}
    </Part>
  );
}

function Chosen({ count, of, own }: { count: number; of: number; own: boolean }) {
  const share = of === 0 ? 0 : count / of;
  return (
    <td className={own ? 'own' : undefined} style={{ '--share': share } as CSSProperties}>
      {formatCount(count)}
      {own && <span className="visually-hidden"> (its own prompt)</span>}
    </td>
  );
}

interface AloneProps {
  readonly prompts: readonly PromptAlone[];
  /** Mean accuracies, to compare with. */
  readonly original: number | null;
  readonly compressed: number | null;
}

/** One prompt in front of every input; of a bank by length this is the sweep. */
export function AlonePart({ prompts, original, compressed }: AloneProps) {
  const lengths = new Set(prompts.map(({ tokens }) => tokens));
  const bounds = { original, compressed };
  const about =
    lengths.size > 1
      ? 'Every prompt in front of every input, by its length: where the line stops rising, further tokens no longer help.'
      : 'Every prompt of the bank in front of every input, as if there were no choice. If one does as well as the bank, choosing gains nothing.';
  return (
    <Part title="Each prompt alone" about={about}>
      {lengths.size > 1 && <LengthSweep prompts={prompts} bounds={bounds} />}
      <div className="table-scroll">
        <table className="table numbers">
          <caption className="visually-hidden">One prompt for every input</caption>
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              <th scope="col">Tokens</th>
              <th scope="col">Mean accuracy</th>
              <th scope="col">Recovered</th>
            </tr>
          </thead>
          <tbody>
            {prompts.map(({ name, tokens, mean, recovery }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{formatCount(tokens)}</td>
                <td>{formatAccuracy(mean)}</td>
                <td>{describeRecovery(recovery)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  );
}

interface SweepProps {
  readonly prompts: readonly PromptAlone[];
  readonly bounds: Readonly<Record<'original' | 'compressed', number | null>>;
}

function LengthSweep({ prompts, bounds }: SweepProps) {
  const points = prompts
    .map(({ tokens, mean }) => [tokens, mean.mean] as const)
    .toSorted(([a], [b]) => a - b);
  const ends = [points[0]![0], points.at(-1)![0]];
  const level = (name: 'original' | 'compressed', index: number) => {
    const accuracy = bounds[name];
    if (accuracy === null) return [];
    const flat = ends.map((tokens) => [tokens, accuracy] as const);
    const style = armLineStyle(name, index);
    return [{ name, note: formatPercent(accuracy), style, points: flat }];
  };
  const best = Math.max(...points.map(([, accuracy]) => accuracy));
  return (
    <LineChart
      title="Accuracy by prompt length"
      lines={[
        {
          name: 'one prompt,',
          note: `at best ${formatPercent(best)}`,
          style: armLineStyle('prompt', 0),
          points,
        },
        ...level('original', 1),
        ...level('compressed', 2),
      ]}
      xLabel="tokens"
      formatX={formatCount}
      formatY={formatWholePercent}
    />
  );
}
