import type { Arm, ArmResult, Estimate, RunResults, RunTimings } from '../../shared/results.ts';
import { formatBytes, formatCount, formatDecimal, formatPercent } from '../format.ts';
import { describeRecovery } from './describe.ts';

interface Props {
  readonly results: RunResults;
  readonly timings: RunTimings;
}

/** One row per arm: what it answers right, what came back, and what it costs. */
export function ArmsTable({ results, timings }: Props) {
  return (
    <div className="table-scroll">
      <table className="table numbers">
        <caption>Arms on the same inputs</caption>
        <thead>
          <tr>
            <th scope="col">Arm</th>
            <th scope="col">Mean accuracy</th>
            <th scope="col">Recovery (95% interval)</th>
            <th scope="col">Perplexity</th>
            <th scope="col">Extra parameters</th>
            <th scope="col">On disk</th>
            <th scope="col">In memory</th>
            <th scope="col">ms per input</th>
          </tr>
        </thead>
        <tbody>
          {results.arms.map((result) => (
            <ArmRow
              key={result.arm.id}
              result={result}
              milliseconds={timings.millisecondsPerInput[result.arm.id]}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ArmRow({ result, milliseconds }: { result: ArmResult; milliseconds: number | undefined }) {
  return (
    <tr>
      <th scope="row">
        {result.arm.label}
        <Provenance arm={result.arm} />
      </th>
      <td>{formatAccuracy(result.mean)}</td>
      <td>{describeRecovery(result.recovery)}</td>
      <td>{formatDecimal(result.perplexity)}</td>
      <td>{formatCount(result.extraParameters)}</td>
      <td>{formatBytes(result.bytesOnDisk)}</td>
      <td>{formatBytes(result.bytesInMemory)}</td>
      <td>{formatDecimal(milliseconds)}</td>
    </tr>
  );
}

export function formatAccuracy({ mean, standardError }: Estimate): string {
  const error = standardError === null ? '' : ` ± ${formatPercent(standardError)}`;
  return `${formatPercent(mean)}${error}`;
}

/** The hashes of what made the numbers: weights, then bank or adapter. */
function Provenance({ arm }: { arm: Arm }) {
  const hashes = [arm.weightsHash, arm.bankHash, arm.adapterHash].filter(
    (hash) => hash !== undefined,
  );
  return (
    <code className="provenance" title={hashes.join('\n')}>
      {hashes.map((hash) => hash.slice(0, 8)).join(' + ')}
    </code>
  );
}
