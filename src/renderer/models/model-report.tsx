import type { ModelReport } from '../../shared/contract/library.ts';
import { formatBytes, formatCount } from '../format.ts';
import { Failure } from '../notice.tsx';

/** What was recognised in a folder, fact by fact, and what is wrong with it. */
export function ModelReportView({ report }: { report: ModelReport }) {
  const { parameters, bytes, layers, hiddenSize, vocabulary, maxPositions } = report;
  const count = (value: number | null) => (value === null ? 'not recognised' : formatCount(value));
  const shape =
    layers === null
      ? 'not recognised'
      : `${count(layers)} layers of width ${count(hiddenSize)}, ${count(maxPositions)} positions`;
  const facts: readonly (readonly [string, string])[] = [
    ['Architecture', report.architecture ?? 'not recognised'],
    ['Parameters', count(parameters)],
    ['Shape', shape],
    [
      'Weights',
      bytes === null
        ? 'not recognised'
        : `${report.quantization ?? report.dtypes.join(', ')}, ${formatBytes(bytes)}`,
    ],
    ['Vocabulary', count(vocabulary)],
    ['Tokenizer', report.tokenizer ?? 'not recognised'],
    ['Chat template', report.chatTemplate ? 'yes' : 'none'],
  ];
  return (
    <>
      <dl className="model-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {report.problems.map((problem) => (
        <Failure key={problem.message} error={problem} />
      ))}
    </>
  );
}
