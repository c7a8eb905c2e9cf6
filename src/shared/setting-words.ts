/** A recipe's field for people: `tuning.lora.learningRate` → "tuning LoRA learning rate". */
export const settingWords = (path: string): string =>
  path
    .replaceAll('.', ' ')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\blora\b/, 'LoRA');
