/** A recipe's field for people: `tuning.lora.learningRate` → "tuning LoRA learning rate". */
export const settingWords = (path: string): string =>
  path
    .replaceAll('.', ' ')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\blora\b/, 'LoRA');

/** A task's name for people, where there is no title: `people_home` → "people home"; of a file its own name. */
export const taskWords = (task: string): string => task.split(/[/\\]/).at(-1)!.replaceAll('_', ' ');
