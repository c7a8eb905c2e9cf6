import { basename } from 'node:path';
import { formatOf, isFault, readRowsOrFaults } from '../../../core/data/rows.ts';
import { loadTasks, type Task as StarterTask } from '../../../core/evaluate/tasks.ts';
import { numberOf, readExamples } from '../../../core/tune/data.ts';
import type { DataPreview, TaskInfo } from '../../../shared/contract/wizard.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import { starter } from '../starter.ts';

const SHOWN = 50;
/** Characters shown of each. */
const LONGEST = 2000;

/** A file's first examples and the lines at fault. */
async function preview({ path }: { readonly path: string }): Promise<DataPreview> {
  const isText = formatOf(path) === '.txt';
  const base = { name: basename(path), kind: isText ? 'text' : 'questions', path } as const;
  try {
    const text = isText ? undefined : await firstTexts(path);
    if (text !== undefined) return { ...base, kind: 'text', total: null, ...text };
    const { examples, faults } = await readExamples(path);
    const rows = examples.slice(0, SHOWN).map(({ id, context, target }) => ({
      line: Number(id),
      context,
      answer: target.slice(0, LONGEST),
    }));
    return { ...base, total: examples.length, rows, errors: faults.slice(0, SHOWN) };
  } catch (error) {
    if (!(error instanceof KintsugiError) || error.code !== 'DATA_INVALID') throw error;
    return { ...base, total: 0, rows: [], errors: [{ line: null, message: error.message }] };
  }
}

/**
 * The first rows of text of a file of rows, as datasets of text are, and what is at fault among them;
 * undefined for a file of questions. The rest is not read: a file of C4 has 360,000 documents.
 */
async function firstTexts(path: string): Promise<Pick<DataPreview, 'rows' | 'errors'> | undefined> {
  const rows: DataPreview['rows'][number][] = [];
  const errors: DataPreview['errors'][number][] = [];
  for await (const row of readRowsOrFaults(path, ['question', 'text'])) {
    const line = numberOf(row);
    const text = isFault(row) ? undefined : row.value['text'];
    const isQuestion = !isFault(row) && row.value['question'] !== undefined;
    if (typeof text === 'string' && text.trim() === '') continue;
    if (typeof text === 'string' && !isQuestion)
      rows.push({ line, context: '', answer: text.slice(0, LONGEST) });
    else if (rows.length === 0) return undefined;
    else errors.push({ line, message: isFault(row) ? row.message : 'has no "text"' });
    if (rows.length + errors.length === SHOWN) break;
  }
  return rows.length === 0 ? undefined : { rows, errors };
}

async function list(_: null): Promise<TaskInfo[]> {
  return (await loadTasks(starter.tasks)).map(describe);
}

function describe({ name, title, description, kind, train, heldout }: StarterTask): TaskInfo {
  const [item] = heldout;
  const answer = 'choices' in item! ? item.choices[item.answer]! : item!.answers[0]!;
  return {
    name,
    title,
    description,
    kind,
    train: train.length,
    heldout: heldout.length,
    example: { context: item!.context, answer },
  };
}

export const dataTasks = { 'data.preview': preview, 'tasks.list': list };
