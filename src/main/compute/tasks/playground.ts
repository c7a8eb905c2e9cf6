import { createGenerator } from '../../../core/generate/generate.ts';
import type { GenerationEvent, GenerationRequest } from '../../../shared/contract/playground.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import { type Arm, bankOfArm, isBankArm, type RunResults } from '../../../shared/results.ts';
import { findLibraryBank } from '../../db/library.ts';
import type { Store } from '../../db/open.ts';
import { readResults } from '../../db/results.ts';
import { findRun } from '../../db/runs.ts';
import { reportError } from '../../report-error.ts';
import { type PreparedArm, shownSelector } from '../arms.ts';
import { checkIds, describeChoice } from '../open-arm.ts';
import { openRun, openRunArm } from '../run-arms.ts';
import type { Workspace } from '../workspace.ts';
import type { TaskContext } from './task.ts';
import { takeTurns } from './turns.ts';

type Pane = GenerationRequest['panes'][number];

/** Runs whose models stay open for the next question: as many as there may be panes. */
const KEPT_OPEN = 4;
const open = new Map<string, Workspace>();

/** Copies of its weights that a pane may hold: to read the input, and to write. */
const COPIES = 2;
/** Share of the free memory that panes may take together. */
const ROOM = 0.7;

/**
 * Panes token by token in turn where the memory holds them all, else one after another, each
 * released before the next is opened. Emits GenerationEvents.
 */
async function generate(request: GenerationRequest, context: TaskContext): Promise<void> {
  const { store, signal, emit } = context;
  const together = await fitTogether(store, request.panes);
  emit({ kind: 'plan', together } satisfies GenerationEvent);
  const panes = request.panes.map((pane, index) => writePane(request, pane, index, context));
  await takeTurns(panes, { together, signal });
}

async function fitTogether(store: Store, panes: readonly Pane[]): Promise<boolean> {
  const bytes = panes.map(async ({ runId, arm }) => {
    const arms = (await readResults(store.db, runId))?.results.arms ?? [];
    const id = isBankArm(arm) ? 'compressed' : arm;
    return arms.find((result) => result.arm.id === id)?.bytesInMemory ?? 0;
  });
  const needed = (await Promise.all(bytes)).reduce((sum, value) => sum + COPIES * value, 0);
  return needed <= ROOM * process.availableMemory();
}

/** Writes one pane, stopping after every token; a pane that cannot be opened says so and ends. */
async function* writePane(
  request: GenerationRequest,
  pane: Pane,
  index: number,
  context: TaskContext,
): AsyncGenerator<void> {
  context.emit({ kind: 'loading', pane: index } satisfies GenerationEvent);
  try {
    yield* writeTokens(request, pane, index, context);
  } catch (error) {
    open.delete(pane.runId);
    const failed: GenerationEvent = { kind: 'failed', pane: index, error: reportError(error) };
    context.emit(failed);
  }
}

async function* writeTokens(
  { input, sampling }: GenerationRequest,
  pane: Pane,
  index: number,
  { store, signal, emit }: TaskContext,
): AsyncGenerator<void> {
  const tell = (event: GenerationEvent) => emit(event);
  const run = await findRun(store.db, pane.runId);
  const results = (await readResults(store.db, run.id))?.results;
  const described = results && (await describeArm(store, results, pane.arm));
  if (results === undefined || described === undefined) throw noResults(run.id);
  const workspace = keepOpen(run.id, () => openRun(run));
  const seed = pane.seed ?? results.seeds[0]!;
  const { prepared } = await openRunArm(store, run, workspace, { arm: pane.arm, seed });
  const { tokenizer } = prepared.loaded;
  const ids = [...tokenizer.opening, ...tokenizer.encode(input)];
  checkIds(prepared, ids, 'input');
  const generator = createGenerator(await workspace.engine(), prepared.arm);
  const stop = tokenizer.stopIds;
  // Only this pane's own turns count as its time.
  const clock = createStopwatch();
  let tokens = 0;
  try {
    const stream = tokenizer.decodeStream();
    const say = (text: string) => {
      if (text !== '') tell({ kind: 'text', pane: index, text });
    };
    const generation = generator.generate(ids, { ...sampling, stop, signal }, (started) =>
      tell(startedEvent(index, prepared, described, ids.length, started)),
    );
    for await (const id of generation) {
      tokens++;
      say(stream.push(id));
      clock.pause();
      yield;
      clock.resume();
    }
    say(stream.end());
    const reason = tokens < sampling.maxTokens && !signal.aborted ? 'end' : 'length';
    tell({ kind: 'done', pane: index, reason, tokens, seconds: clock.seconds() });
  } finally {
    await generator.release();
  }
}

function createStopwatch() {
  let passed = 0;
  let since = performance.now();
  return {
    pause() {
      passed += performance.now() - since;
    },
    resume() {
      since = performance.now();
    },
    seconds: () => (passed + performance.now() - since) / 1000,
  };
}

async function describeArm(
  store: Store,
  { arms }: RunResults,
  id: Pane['arm'],
): Promise<Arm | undefined> {
  const find = (wanted: Arm['id']) => arms.find(({ arm }) => arm.id === wanted)?.arm;
  const bankId = bankOfArm(id);
  const compressed = find('compressed');
  if (bankId === undefined || compressed === undefined) return find(id);
  const { name: label, hash: bankHash } = await findLibraryBank(store.db, bankId);
  return { id, label, weightsHash: compressed.weightsHash, bankHash };
}

function startedEvent(
  pane: number,
  prepared: PreparedArm,
  arm: Arm,
  inputTokens: number,
  started: { readonly choice?: number; readonly scores?: readonly number[] },
): GenerationEvent {
  // What was really opened, not what the results say: a pane names the model that speaks in it.
  const opened = {
    ...arm,
    weightsHash: prepared.loaded.checkpoint.hash,
    ...(isBankArm(arm.id) && { selector: shownSelector(prepared) }),
  };
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
