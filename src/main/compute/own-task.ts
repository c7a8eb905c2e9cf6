import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { invalidData } from '../../core/data/faults.ts';
import type { ClozeItem, Task } from '../../core/evaluate/tasks.ts';
import { loadExamples } from '../../core/tune/data.ts';
import type { Example } from '../../core/tune/types.ts';

/** One question in this many is kept from tuning, to measure with. */
const HELD_OUT = 5;

/**
 * A file of questions as a task. Which ones are held out depends on their text alone, so that a file
 * with more of them keeps those apart that were apart before.
 * @throws KintsugiError DATA_INVALID
 */
export async function taskOfFile(file: string): Promise<Task> {
  const examples = (await loadExamples(file)).filter(({ context }) => context !== '');
  const facts = [...new Set(examples.map(({ context }) => context))].toSorted(byHash);
  if (facts.length < 2) {
    throw invalidData(
      file,
      'needs at least two different questions, one of them to measure with',
      undefined,
      'Add questions with their answers; plain text can be used to calibrate the compression.',
    );
  }
  const kept = new Set(facts.slice(0, Math.ceil(facts.length / HELD_OUT)));
  const items = examples.map(toItem);
  return {
    name: nameOf(file),
    title: basename(file),
    description: 'Questions of your own.',
    kind: 'cloze',
    train: items.filter(({ fact }) => !kept.has(fact)),
    heldout: items.filter(({ fact }) => kept.has(fact)),
  };
}

const toItem = ({ id, context, target }: Example): ClozeItem => ({
  id: `line-${id}`,
  fact: context,
  context,
  answers: [target.trim()],
});

/** Never that of a starter task. */
function nameOf(file: string): string {
  const plain = basename(file, extname(file))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return `own-${plain}`.slice(0, 60);
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const byHash = (a: string, b: string): number => (hash(a) < hash(b) ? -1 : 1);
