import { Select } from '@mantine/core';
import { useState } from 'react';
import type { RunStage } from '../../shared/contract/runs.ts';
import type { SampleAnswers, RunSamples as Samples } from '../../shared/contract/samples.ts';
import { CheckIcon } from '../components/icons.tsx';
import { formatCount } from '../format.ts';
import { describeStage } from './describe.ts';

interface Props {
  readonly samples: Samples;
  readonly stages: readonly RunStage[];
  readonly seeds: number;
}

/** A few held-out questions: what the original says, and what is being tuned says by and by. */
export function RunSamples({ samples: { questions, answers }, stages, seeds }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const series = bySeries(answers);
  const shown = series.find(({ key }) => key === chosen) ?? series.at(-1);
  const baselines = answers.filter(({ series }) => BASELINES.has(series));
  if (questions.length === 0 || baselines.length === 0) return null;
  const looks = shown?.looks ?? [];
  const done = stages.find(({ name }) => name === looks[0]?.stage)?.status === 'done';
  return (
    <section className="card samples" aria-labelledby="samples">
      <h2 className="card-title" id="samples">
        What it answers
      </h2>
      <p className="faint">
        A few held-out questions, asked again as tuning goes on. They are only watched: nothing is
        chosen by them.
      </p>
      {shown !== undefined && series.length > 1 && (
        <Select
          label="In training"
          size="xs"
          maw="24rem"
          mb="sm"
          allowDeselect={false}
          data={series.map(({ key, looks }) => ({ value: key, label: nameOf(looks[0], seeds) }))}
          value={shown.key}
          onChange={setChosen}
        />
      )}
      <div className="table-scroll">
        <table className="table sample-table">
          <thead>
            <tr>
              <th scope="col">Question</th>
              {baselines.map(({ series }) => (
                <th scope="col" key={series}>
                  {series === 'original' ? 'Original' : 'Compressed'}
                </th>
              ))}
              {looks.map(({ step }, i) => (
                <th scope="col" key={step}>
                  {momentOf(step, done && i === looks.length - 1)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {questions.map(({ task, context, expected }, i) => (
              <tr key={context}>
                <th scope="row">
                  {questionOf(context)}
                  <span className="faint">
                    {task}: {expected}
                  </span>
                </th>
                {[...baselines, ...looks].map((look) => (
                  <Answer key={`${look.series} ${look.step}`} answer={look.answers[i]} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Answer({ answer }: { answer: SampleAnswers['answers'][number] | undefined }) {
  if (answer === undefined) return <td>–</td>;
  return (
    <td className={answer.correct ? 'sample right' : 'sample'}>
      {answer.text || '(nothing)'}
      {answer.correct && <CheckIcon size={14} />}
      <span className="visually-hidden">{answer.correct ? ', right' : ', wrong'}</span>
    </td>
  );
}

const BASELINES: ReadonlySet<string> = new Set(['original', 'compressed']);

/** What was tuned one after the other, each with its answers by step. */
function bySeries(answers: readonly SampleAnswers[]) {
  const tuned = answers.filter(({ stage }) => stage.startsWith('tune:'));
  const groups = Map.groupBy(tuned, ({ stage, series }) => `${stage} ${series}`);
  return [...groups].map(([key, looks]) => ({
    key,
    looks: looks.toSorted((a, b) => a.step - b.step),
  }));
}

function nameOf(look: SampleAnswers | undefined, seeds: number): string {
  if (look === undefined) return '';
  const stage = describeStage(look.stage, seeds);
  return look.stage.startsWith('tune:bank') ? `${stage}: ${look.series}` : stage;
}

const momentOf = (step: number, kept: boolean): string => {
  if (kept) return 'Kept';
  return step === 0 ? 'Before' : `Step ${formatCount(step)}`;
};

/** Without the words that every question is put between. */
const questionOf = (context: string): string =>
  context.replace(/^Question: /, '').replace(/\s*Answer:$/, '');
