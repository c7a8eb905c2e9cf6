import type { RunResults, SelectorResult } from '../../shared/results.ts';
import { formatAccuracy } from './arms-table.tsx';

const ABOUT: Readonly<Record<SelectorResult['kind'], string>> = {
  random: 'drawn at random for each question',
  hindsight: 'the one best on these very questions, knowing the answers',
  oracle: 'the best one for each question, knowing the answers',
  fixed: 'one for all, chosen on other questions',
  idp: 'the prompt that the question attends to most',
  'idp-calibrated': 'the prompt attended to more than it usually is',
  key: 'the prompt whose key is most like the question',
  classifier: 'a small classifier of the question',
  mixture: 'all prompts at once, in learned parts',
};

/** A difference of accuracies in points, with its sign. */
const points = (difference: number): string =>
  `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`;

function Gain({ overRandom }: Pick<SelectorResult, 'overRandom'>) {
  if (!overRandom) return '–';
  const { value, interval } = overRandom;
  return `${points(value)} (${points(interval.low)} to ${points(interval.high)})`;
}

/** What choosing a prompt for each input is worth: between drawing lots and knowing the answers. */
export function SelectorsTable({ results: { selectors } }: { results: RunResults }) {
  if (selectors === undefined || selectors.length === 0) return null;
  return (
    <section className="card" aria-label="Choosing the prompt">
      <div className="table-scroll">
        <table className="table numbers">
          <caption>How well the bank’s prompts are chosen</caption>
          <thead>
            <tr>
              <th scope="col">Choice</th>
              <th scope="col">Mean accuracy</th>
              <th scope="col">Points over a random prompt</th>
            </tr>
          </thead>
          <tbody>
            {selectors.map(({ kind, name, mean, overRandom }) => (
              <tr key={name}>
                <th scope="row">
                  {name} <span className="what">{ABOUT[kind]}</span>
                </th>
                <td>{formatAccuracy(mean)}</td>
                <td>
                  <Gain overRandom={overRandom} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
