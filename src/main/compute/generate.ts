import { createGenerator, type Started } from '../../core/generate/generate.ts';
import { type ChatMessage, encodeChat } from '../../core/tokenizer/chat.ts';
import type { EngineChoice } from './engine.ts';
import { type ArmFolders, checkIds, describeChoice, withArm } from './open-arm.ts';

export interface GenerateRequest {
  readonly prompt: string;
  /** Reads the prompt as a user's message, by the model's chat template. */
  readonly chat?: boolean;
  /** What the assistant is told before a chat. */
  readonly system?: string;
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

/** Logits of the token after `ids` [vocabulary], and which prompt of a bank was chosen. */
export function lastLogits(folders: ArmFolders, engine: EngineChoice, ids: readonly number[]) {
  return withArm(folders, engine, async (prepared, opened) => {
    checkIds(prepared, ids, '--ids');
    const generator = createGenerator(opened, prepared.arm);
    try {
      const started = await generator.start(ids);
      return { logits: Array.from(started.logits), choice: describeChoice(prepared, started) };
    } finally {
      await generator.release();
    }
  });
}

/** Continues a text; `onText` is given the pieces as they come. */
export function generateText(
  folders: ArmFolders,
  engine: EngineChoice,
  request: GenerateRequest,
  signal: AbortSignal,
  onText: (piece: string) => void,
) {
  return withArm(folders, engine, async (prepared, opened) => {
    const { tokenizer } = prepared.loaded;
    const { prompt, chat, system, ...options } = request;
    const ids = chat
      ? encodeChat(tokenizer, messages(prompt, system))
      : [...tokenizer.opening, ...tokenizer.encode(prompt)];
    checkIds(prepared, ids, '--prompt');
    const generator = createGenerator(opened, prepared.arm);
    const stop = tokenizer.stopIds;
    let started: Started | undefined;
    let text = '';
    const add = (piece: string) => {
      text += piece;
      if (piece !== '') onText(piece);
    };
    try {
      const produced: number[] = [];
      const stream = tokenizer.decodeStream();
      const generation = generator.generate(ids, { ...options, stop, signal }, (s) => {
        started = s;
      });
      for await (const id of generation) {
        produced.push(id);
        add(stream.push(id));
      }
      add(stream.end());
      return { text, ids: produced, choice: describeChoice(prepared, started ?? {}) };
    } finally {
      await generator.release();
    }
  });
}

const messages = (prompt: string, system: string | undefined): ChatMessage[] => [
  ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
  { role: 'user', content: prompt },
];
