import { Button, Drawer, Group, Text } from '@mantine/core';
import type { ComparedRun, InputArm, InputCell, InputRow } from '../../shared/contract/compare.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { formatDecimal, formatWholePercent } from '../format.ts';
import { Waiting } from '../notice.tsx';
import { columnName } from './columns.ts';
import { titlesOf } from './compared-arms.ts';
import { Provenance } from './provenance.tsx';
import { Shares } from './shares.tsx';
import { type InputsQuery, useRows } from './use-input-pages.ts';
import { Verify } from './verify.tsx';

interface Props {
  readonly query: InputsQuery;
  readonly arms: readonly InputArm[];
  readonly runs: readonly ComparedRun[];
  /** Row to show; null shows nothing. */
  readonly index: number | null;
  readonly total: number;
  readonly select: (index: number | null) => void;
}

/** One input: each arm's scores, the prompt that it chose and why, and whether that can be repeated. */
export function InputDetail({ query, arms, runs, index, total, select }: Props) {
  const row = useRows(query, index ?? 0, index ?? 0)(index ?? 0);
  return (
    <Drawer
      opened={index !== null}
      onClose={() => select(null)}
      position="right"
      size="xl"
      title={index === null ? '' : `Input ${index + 1} of ${total}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {index !== null && (
        <>
          <Group gap="xs" mb="sm">
            <Button
              size="compact-sm"
              variant="default"
              disabled={index === 0}
              onClick={() => select(index - 1)}
            >
              Previous
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              disabled={index + 1 >= total}
              onClick={() => select(index + 1)}
            >
              Next
            </Button>
          </Group>
          {row === undefined ? <Waiting /> : <Input row={row} arms={arms} runs={runs} />}
        </>
      )}
    </Drawer>
  );
}

interface InputProps extends Pick<Props, 'arms' | 'runs'> {
  readonly row: InputRow;
}

function Input({ row, arms, runs }: InputProps) {
  return (
    <>
      <pre className="input-context">{row.context}</pre>
      <Text size="sm">
        Right answer: <strong>{row.answer || 'not known any more'}</strong>{' '}
        <span className="faint">
          ({taskTitle(titlesOf(runs), row.task)}, {row.itemId})
        </span>
      </Text>
      {arms.map((arm, i) => {
        const cell = row.cells[i];
        return (
          cell && (
            <section key={`${arm.runId} ${arm.arm.id} ${arm.seed}`} className="arm-answer">
              <Group gap="sm" align="baseline">
                <Text fw={600}>{columnName(arm, arms, runs)}</Text>
                <span className={cell.correct ? 'right' : 'wrong'}>
                  {cell.correct ? 'right' : 'wrong'}
                </span>
                <Provenance arm={arm.arm} seeds={[arm.seed]} />
              </Group>
              <Scores row={row} cell={cell} />
              {cell.prompt !== null && (
                <Chosen prompt={cell.prompt} names={arm.prompts} attention={cell.attention} />
              )}
              <Verify
                key={`${row.task} ${row.itemId}`}
                input={{
                  runId: arm.runId,
                  arm: arm.arm.id,
                  seed: arm.seed,
                  task: row.task,
                  itemId: row.itemId,
                }}
              />
            </section>
          )
        );
      })}
    </>
  );
}

function Scores({ row, cell }: { row: InputRow; cell: InputCell }) {
  const best = cell.scores.indexOf(Math.max(...cell.scores));
  const names = row.choices.length > 0 ? row.choices : row.answer.split(' / ');
  return (
    <table className="scores">
      <thead>
        <tr>
          <th scope="col">{row.kind === 'choice' ? 'Choice' : 'Accepted answer'}</th>
          <th scope="col">log-likelihood</th>
        </tr>
      </thead>
      <tbody>
        {cell.scores.map((score, i) => {
          const name = names[i] ?? `answer ${i + 1}`;
          return (
            <tr key={name} className={row.kind === 'choice' && i === best ? 'picked' : undefined}>
              <th scope="row">
                {name}
                {row.kind === 'choice' && i === best && ' (picked)'}
                {row.kind === 'choice' && name === row.answer && ' ✓'}
              </th>
              <td>{formatDecimal(score)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface ChosenProps {
  readonly prompt: string;
  readonly names: readonly string[];
  readonly attention: readonly number[] | null;
}

function Chosen({ prompt, names, attention }: ChosenProps) {
  if (attention === null) {
    return (
      <Text size="sm" mt={6}>
        Prompt: <strong>{prompt}</strong>, the same for every input
      </Text>
    );
  }
  const share = attention[names.indexOf(prompt)];
  return (
    <>
      <Text size="sm" mt={6}>
        Chosen prompt: <strong>{prompt}</strong>
        {share !== undefined && `, which drew ${formatWholePercent(share)} of the attention`}
      </Text>
      <Shares names={names} shares={attention} chosen={prompt} />
    </>
  );
}
