import type { ChoiceItem, ClozeItem, Task } from '../../core/evaluate/tasks.ts';
import {
  type Continuations,
  createContinuations,
  noAdaptation,
} from '../../core/generate/continue.ts';
import type { ParameterSet } from '../../core/tune/adamw.ts';
import type { Adaptation } from '../../core/tune/objective.ts';
import type { SampleAnswers, SampleQuestion } from '../../shared/contract/samples.ts';
import type { Store } from '../db/open.ts';
import { saveSampleAnswers, saveSampleQuestions } from '../db/samples.ts';
import type { LoadedModel } from './load-model.ts';
import type { Stage } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** A few questions, so that being watched costs a run next to nothing. */
const QUESTIONS = 4;
/** Tokens of an answer, at most. */
const TOKENS = 8;

const STAGE = 'ask';

/** The watched questions, put to the original and to the compressed model before any tuning. */
export function askStage(store: Store, runId: string, workspace: Workspace): Stage {
  return {
    name: STAGE,
    async run({ progress }) {
      await saveSampleQuestions(store.db, runId, watched(await workspace.tasks()).map(toQuestion));
      for (const series of ['original', 'compressed'] as const) {
        const loaded = await workspace[series]();
        const questions = await openSamples(store, runId, workspace, loaded);
        await questions.ask({ stage: STAGE, series, step: 0 }, noAdaptation(loaded.model), {});
        await questions.release();
        progress(series === 'original' ? 0.5 : 1);
      }
    },
  };
}

/** The watched questions, ready to be asked again and again. */
export interface Samples {
  /** Keeps how a model in training answers now. */
  ask(
    when: Omit<SampleAnswers, 'answers'>,
    adaptation: Adaptation,
    parameters: ParameterSet,
  ): Promise<void>;
  release(): Promise<void>;
}

export async function openSamples(
  store: Store,
  runId: string,
  workspace: Workspace,
  { tokenizer, model }: LoadedModel,
): Promise<Samples> {
  const items = watched(await workspace.tasks());
  const room = model.config.maxPositions - workspace.recipe.tuning.tokens - TOKENS;
  const opening = [tokenizer.bosId ?? []].flat();
  const texts = items.map(({ context }) =>
    [...opening, ...tokenizer.encode(context.trimEnd())].slice(-Math.max(1, room)),
  );
  const stop = [tokenizer.eosId ?? []].flat();
  const engine = await workspace.engine();
  const continuations: Continuations = createContinuations(engine, {
    texts,
    tokens: TOKENS,
    stop,
  });
  return {
    async ask(when, adaptation, parameters) {
      const added = await continuations.of(adaptation, parameters);
      const answers = added.map((ids, i) => toAnswer(items[i]!, tokenizer.decode(ids)));
      await saveSampleAnswers(store.db, runId, { ...when, answers });
    },
    release: () => continuations.release(),
  };
}

type Item = (ChoiceItem | ClozeItem) & { readonly task: string };

/** Held-out questions, spread over the tasks; the same ones for every arm, seed and sitting. */
function watched(tasks: readonly Task[]): Item[] {
  const stride = Math.max(1, Math.floor(tasks.length / QUESTIONS));
  const spread = tasks.filter((_, i) => i % stride === 0);
  return Array.from({ length: QUESTIONS }, (_, i) => {
    const task = spread[i % spread.length]!;
    const item = task.heldout[Math.floor(i / spread.length)];
    return item === undefined ? [] : [{ ...item, task: task.title }];
  }).flat();
}

const toQuestion = (item: Item): SampleQuestion => ({
  task: item.task,
  context: item.context,
  expected: rightAnswers(item)[0]!,
});

const rightAnswers = (item: Item): readonly string[] =>
  'choices' in item ? [item.choices[item.answer]!] : item.answers;

/** The first line: what comes after it is the model's next question to itself. */
function toAnswer(item: Item, continuation: string) {
  const [text = ''] = continuation.trim().split('\n');
  return { text, correct: rightAnswers(item).some((answer) => text.startsWith(answer.trim())) };
}
