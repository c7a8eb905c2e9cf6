import type { RunResults, SelectorResult } from '../../shared/results.ts';
import { formatAccuracy } from './arms-table.tsx';

const WORDS: Readonly<Record<SelectorResult['kind'], readonly [name: string, about: string]>> = {
  random: ['Any prompt', 'drawn at random for each question'],
  'best-fixed': ['One prompt for all', 'the best one in hindsight, knowing the answers'],
  idp: ['Dynamic selection', 'the prompt that the question attends to most'],
  oracle: ['The right prompt', 'the best one for each question, knowing the answers'],
};

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
            </tr>
          </thead>
          <tbody>
            {selectors.map(({ kind, mean }) => (
              <tr key={kind}>
                <th scope="row">
                  {WORDS[kind][0]} <span className="what">{WORDS[kind][1]}</span>
                </th>
                <td>{formatAccuracy(mean)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
