import type { TaskTitles } from './results.ts';

/** A recipe's field for people: `tuning.lora.learningRate` → "tuning LoRA learning rate". */
export const settingWords = (path: string): string =>
  path
    .replaceAll('.', ' ')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\blora\b/, 'LoRA');

/** What a task is called for people; in runs of earlier versions its name in words: "People home". */
export const taskTitle = (titles: TaskTitles | undefined, task: string): string =>
  titles?.[task] ?? `${task.charAt(0).toUpperCase()}${task.slice(1)}`.replaceAll('_', ' ');
