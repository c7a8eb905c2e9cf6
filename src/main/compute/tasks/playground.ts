import { createGenerator } from '../../../core/generate/generate.ts';
import type { GenerationEvent, GenerationRequest } from '../../../shared/contract/playground.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import type { Arm } from '../../../shared/results.ts';
import { readResults } from '../../db/results.ts';
import { findRun } from '../../db/runs.ts';
import { reportError } from '../../report-error.ts';
import type { PreparedArm } from '../arms.ts';
import { checkIds, describeChoice } from '../open-arm.ts';
import { openRun, openRunArm } from '../run-arms.ts';
import type { Workspace } from '../workspace.ts';
import type { TaskContext } from './task.ts';

type Pane = GenerationRequest['panes'][number];
type Emit = (event: GenerationEvent) => void;

/** Runs whose models stay open for the next question. */
const KEPT_OPEN = 2;
const open = new Map<string, Workspace>();

/** Panes one after another, so that only one model at a time needs room. Emits GenerationEvents. */
async function generate(request: GenerationRequest, context: TaskContext): Promise<void> {
  const emit: Emit = context.emit;
  for (const [index, pane] of request.panes.entries()) {
    if (context.signal.aborted) return;
    emit({ kind: 'loading', pane: index });
    try {
      await generatePane(request, pane, index, context);
    } catch (error) {
      // One arm that cannot be opened says so in its pane; the others still answer.
      open.delete(pane.runId);
      emit({ kind: 'failed', pane: index, error: reportError(error) });
    }
  }
}

async function generatePane(
  { input, sampling }: GenerationRequest,
  pane: Pane,
  index: number,
  { store, signal, emit }: TaskContext,
): Promise<void> {
  const run = await findRun(store.db, pane.runId);
  const results = (await readResults(store.db, run.id))?.results;
  const described = results?.arms.find(({ arm }) => arm.id === pane.arm)?.arm;
  if (results === undefined || described === undefined) throw noResults(run.id);
  const workspace = keepOpen(run.id, () => openRun(run));
  const seed = pane.seed ?? results.seeds[0]!;
  const { prepared } = await openRunArm(store, run, workspace, { arm: pane.arm, seed });
  const { tokenizer } = prepared.loaded;
  const ids = [...tokenizer.opening, ...tokenizer.encode(input)];
  checkIds(prepared, ids, 'input');
  const generator = createGenerator(await workspace.engine(), prepared.arm);
  const stop = tokenizer.stopIds;
  const start = performance.now();
  let tokens = 0;
  try {
    const stream = tokenizer.decodeStream();
    const say = (text: string) => {
      if (text !== '') emit({ kind: 'text', pane: index, text });
    };
    const generation = generator.generate(ids, { ...sampling, stop, signal }, (started) =>
      emit(startedEvent(index, prepared, described, ids.length, started)),
    );
    for await (const id of generation) {
      tokens++;
      say(stream.push(id));
    }
    say(stream.end());
    emit({
      kind: 'done',
      pane: index,
      reason: tokens < sampling.maxTokens && !signal.aborted ? 'end' : 'length',
      tokens,
      seconds: (performance.now() - start) / 1000,
    });
  } finally {
    await generator.release();
  }
}

function startedEvent(
  pane: number,
  prepared: PreparedArm,
  arm: Arm,
  inputTokens: number,
  started: { readonly choice?: number; readonly scores?: readonly number[] },
): GenerationEvent {
  // What was really opened, not what the results say: a pane names the model that speaks in it.
  const opened = { ...arm, weightsHash: prepared.loaded.checkpoint.hash };
  const choice = describeChoice(prepared, started);
  return {
    kind: 'started',
    pane,
    arm: opened,
    inputTokens,
    choice: choice && {
      prompt: choice.prompt,
      names: Object.keys(choice.attention ?? {}),
      shares: Object.values(choice.attention ?? {}),
    },
  };
}

function keepOpen(runId: string, make: () => Workspace): Workspace {
  const workspace = open.get(runId) ?? make();
  // Last used is last in the map; the first goes.
  open.delete(runId);
  open.set(runId, workspace);
  if (open.size > KEPT_OPEN) open.delete(open.keys().next().value!);
  return workspace;
}

const noResults = (runId: string): KintsugiError =>
  new KintsugiError('RUN_STATUS', `The run "${runId}" has not compared this arm yet.`, {
    next: 'Choose a run that is done.',
    field: 'runId',
  });

export const playgroundTasks = { 'playground.generate': generate };
