import { Button, Chip, Group, Select, Text, Textarea } from '@mantine/core';
import type { FormEvent } from 'react';
import type {
  GenerationRequest,
  PlaygroundArms,
  SavedCase,
} from '../../shared/contract/playground.ts';
import { Failure } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { allPanes, firstPanes, MOST_PANES, paneKey } from './arm-choice.ts';
import { PaneView } from './pane-view.tsx';
import { idlePanes } from './panes.ts';
import { GREEDY, SamplingFields } from './sampling-fields.tsx';
import { SaveCase } from './save-case.tsx';
import { SavedCases } from './saved-cases.tsx';
import { useGeneration } from './use-generation.ts';

/** What the reader has set; null is not touched yet. */
export interface BenchState {
  readonly chosen: readonly string[] | null;
  readonly seeds: Readonly<Record<string, number>>;
  readonly input: string | null;
  readonly sampling: GenerationRequest['sampling'];
}

export const UNTOUCHED: BenchState = { chosen: null, seeds: {}, input: null, sampling: GREEDY };

interface Props {
  readonly runs: readonly PlaygroundArms[];
  readonly state: BenchState;
  readonly change: (changes: Partial<BenchState>) => void;
}

/** The input, the arms that answer it, and their answers. */
export function Bench({ runs, state, change }: Props) {
  const { request, panes, running, error, together, start, stop } = useGeneration();
  const known = allPanes(runs);
  const wanted = state.chosen ?? firstPanes(runs);
  const chosen = known.filter(({ key }) => wanted.includes(key)).slice(0, MOST_PANES);
  const examples = [...new Set(runs.flatMap((run) => run.examples))];
  const input = state.input ?? examples[0] ?? '';
  const seedOf = ({ runId, seeds }: PlaygroundArms) => state.seeds[runId] ?? seeds[0] ?? 0;
  const asked = chosen.map(({ run, arm }) => ({
    runId: run.runId,
    arm: arm.id,
    seed: seedOf(run),
  }));
  const { sampling } = state;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    start({ input, sampling, panes: asked });
  };
  const openCase = ({ request: { input, sampling, panes } }: SavedCase) => {
    change({
      input,
      sampling,
      chosen: panes.map(paneKey),
      seeds: Object.fromEntries(panes.map(({ runId, seed }) => [runId, seed ?? 0])),
    });
    goTo('playground', [...new Set(panes.map(({ runId }) => runId))].join());
  };
  return (
    <>
      <form onSubmit={submit} className="bench">
        {runs.map((run) => (
          <RunArms
            key={run.runId}
            run={run}
            named={runs.length > 1}
            chosen={chosen.map(({ key }) => key)}
            choose={(keys) => change({ chosen: keys })}
            seed={seedOf(run)}
            seedChosen={(seed) => change({ seeds: { ...state.seeds, [run.runId]: seed } })}
          />
        ))}
        <Text size="xs" c="dimmed" mt={4}>
          Up to four arms; they write side by side, or one after another when memory is short.
        </Text>
        <Select
          label="Try an example"
          placeholder="inputs of the runs' tasks"
          data={examples}
          value={examples.includes(input) ? input : null}
          onChange={(value) => value !== null && change({ input: value })}
          searchable
          maw={420}
          my="sm"
        />
        <Textarea
          label="Input"
          description="The arms continue this text."
          value={input}
          onChange={(event) => change({ input: event.currentTarget.value })}
          autosize
          minRows={3}
          maxRows={10}
          required
          withAsterisk={false}
        />
        <SamplingFields sampling={sampling} change={(value) => change({ sampling: value })} />
        <Group gap="sm" my="md">
          {/* Keys, or a click on Stop would end on the button that it becomes, and submit. */}
          {running ? (
            <Button key="stop" type="button" color="red" variant="light" onClick={stop}>
              Stop
            </Button>
          ) : (
            <Button key="generate" type="submit" disabled={input === '' || chosen.length === 0}>
              Generate
            </Button>
          )}
          <SaveCase
            request={request}
            outputs={panes.map(({ text }) => text)}
            disabled={running || panes.length === 0}
          />
          {together === false && panes.length > 1 && (
            <Text size="sm" c="dimmed" role="status">
              Memory is short: one arm after another.
            </Text>
          )}
        </Group>
      </form>
      {error && <Failure error={error} {...(request && { retry: () => start(request) })} />}
      <Answers
        runs={runs}
        shown={request?.panes ?? asked}
        panes={request === null ? null : panes}
      />
      <SavedCases open={openCase} />
    </>
  );
}

interface RunArmsProps {
  readonly run: PlaygroundArms;
  /** Whether its name stands before its arms. */
  readonly named: boolean;
  readonly chosen: readonly string[];
  readonly choose: (keys: readonly string[]) => void;
  readonly seed: number;
  readonly seedChosen: (seed: number) => void;
}

function RunArms({ run, named, chosen, choose, seed, seedChosen }: RunArmsProps) {
  const full = chosen.length >= MOST_PANES;
  return (
    <Group gap="xs" role="group" aria-label={`Arms of ${run.name}`} className="run-arms">
      {named && <span className="run-arms-name">{run.name}</span>}
      <Chip.Group multiple value={[...chosen]} onChange={choose}>
        {allPanes([run]).map(({ arm, key }) => (
          <Chip key={key} value={key} variant="outline" disabled={full && !chosen.includes(key)}>
            {arm.label}
          </Chip>
        ))}
      </Chip.Group>
      {run.seeds.length > 1 && (
        <Select
          aria-label={`Seed that ${run.name} was tuned with`}
          data={run.seeds.map((value) => ({ value: String(value), label: `seed ${value}` }))}
          value={String(seed)}
          onChange={(value) => value !== null && seedChosen(Number(value))}
          allowDeselect={false}
          size="xs"
          w={100}
        />
      )}
    </Group>
  );
}

interface AnswersProps {
  readonly runs: readonly PlaygroundArms[];
  readonly shown: GenerationRequest['panes'];
  /** Null before anything was asked: empty panes stand ready. */
  readonly panes: ReturnType<typeof useGeneration>['panes'] | null;
}

function Answers({ runs, shown, panes }: AnswersProps) {
  const said = panes ?? idlePanes(shown.length);
  const known = new Map(allPanes(runs).map((pane) => [pane.key, pane]));
  return (
    <div className="panes">
      {shown.map((pane, i) => {
        const found = known.get(paneKey(pane));
        if (found === undefined || said[i] === undefined) return null;
        const { run, arm, key } = found;
        const title = runs.length > 1 ? `${run.name}: ${arm.label}` : arm.label;
        const seed = pane.seed ?? run.seeds[0] ?? 0;
        return <PaneView key={key} asked={arm} title={title} seed={seed} pane={said[i]} />;
      })}
    </div>
  );
}
