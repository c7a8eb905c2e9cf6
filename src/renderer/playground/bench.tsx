import { Button, Chip, Group, Select, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type {
  GenerationRequest,
  PlaygroundArms,
  SavedCase,
} from '../../shared/contract/playground.ts';
import type { ArmId } from '../../shared/results.ts';
import { Failure } from '../notice.tsx';
import { PaneView } from './pane-view.tsx';
import { waitingPanes } from './panes.ts';
import { GREEDY, SamplingFields } from './sampling-fields.tsx';
import { SaveCase } from './save-case.tsx';
import { SavedCases } from './saved-cases.tsx';
import { useGeneration } from './use-generation.ts';

const MOST_PANES = 4;
/** What one wants to see first: the loss and two ways back. */
const FIRST: readonly ArmId[] = ['original', 'compressed', 'idp', 'lora'];

/** The input, the arms that answer it, and their answers. */
export function Bench({ run }: { run: PlaygroundArms }) {
  const [chosen, setChosen] = useState<readonly string[]>(FIRST);
  const [seed, setSeed] = useState(run.seeds[0] ?? 0);
  const [input, setInput] = useState(run.examples[0] ?? '');
  const [sampling, setSampling] = useState(GREEDY);
  const { request, panes, running, error, start, stop } = useGeneration();
  const arms = run.arms.filter(({ id }) => chosen.includes(id));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    start({ input, sampling, panes: arms.map(({ id }) => ({ runId: run.runId, arm: id, seed })) });
  };
  const openCase = ({ request }: SavedCase) => {
    setInput(request.input);
    setSampling(request.sampling);
    setChosen(request.panes.map(({ arm }) => arm));
  };
  return (
    <>
      <form onSubmit={submit} className="bench">
        <ArmChips run={run} chosen={chosen} choose={setChosen} />
        <Group align="flex-end" gap="sm" my="sm">
          <Select
            label="Try an example"
            placeholder="inputs of the run's tasks"
            data={[...new Set(run.examples)]}
            value={run.examples.includes(input) ? input : null}
            onChange={(value) => value !== null && setInput(value)}
            searchable
            w={380}
          />
          {run.seeds.length > 1 && (
            <Select
              label="Tuned with seed"
              data={run.seeds.map(String)}
              value={String(seed)}
              onChange={(value) => value !== null && setSeed(Number(value))}
              allowDeselect={false}
              w={130}
            />
          )}
        </Group>
        <Textarea
          label="Input"
          description="The arms continue this text."
          value={input}
          onChange={(event) => setInput(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={10}
          required
          withAsterisk={false}
        />
        <SamplingFields sampling={sampling} change={setSampling} />
        <Group gap="sm" my="md">
          {running ? (
            <Button type="button" color="red" variant="light" onClick={stop}>
              Stop
            </Button>
          ) : (
            <Button type="submit" disabled={input === '' || arms.length === 0}>
              Generate
            </Button>
          )}
          <SaveCase
            request={request}
            outputs={panes.map(({ text }) => text)}
            disabled={running || panes.length === 0}
          />
        </Group>
      </form>
      {error && <Failure error={error} {...(request && { retry: () => start(request) })} />}
      <Answers run={run} request={request} panes={panes} idle={arms.map(({ id }) => id)} />
      <SavedCases open={openCase} />
    </>
  );
}

interface ArmChipsProps {
  readonly run: PlaygroundArms;
  readonly chosen: readonly string[];
  readonly choose: (ids: readonly string[]) => void;
}

function ArmChips({ run, chosen, choose }: ArmChipsProps) {
  const full = chosen.length >= MOST_PANES;
  return (
    <Chip.Group multiple value={[...chosen]} onChange={choose}>
      <Group gap="xs" role="group" aria-label="Arms that answer">
        {run.arms.map(({ id, label }) => (
          <Chip key={id} value={id} variant="outline" disabled={full && !chosen.includes(id)}>
            {label}
          </Chip>
        ))}
        <Text size="xs" c="dimmed">
          up to four; they answer one after another
        </Text>
      </Group>
    </Chip.Group>
  );
}

interface AnswersProps {
  readonly run: PlaygroundArms;
  readonly request: GenerationRequest | null;
  readonly panes: ReturnType<typeof useGeneration>['panes'];
  /** Arms whose empty panes stand ready before anything was asked. */
  readonly idle: readonly ArmId[];
}

function Answers({ run, request, panes, idle }: AnswersProps) {
  const shown = request?.panes ?? idle.map((arm) => ({ arm, seed: undefined }));
  const said = request === null ? waitingPanes(idle.length) : panes;
  return (
    <div className="panes">
      {shown.map(({ arm, seed }, i) => {
        const asked = run.arms.find(({ id }) => id === arm);
        return (
          asked &&
          said[i] && (
            <PaneView key={arm} asked={asked} seed={seed ?? run.seeds[0] ?? 0} pane={said[i]} />
          )
        );
      })}
    </div>
  );
}
