import { basename, extname } from 'node:path';
import { loadTasks, type Task as StarterTask } from '../../../core/evaluate/tasks.ts';
import { readExamples } from '../../../core/tune/data.ts';
import type { DataPreview, TaskInfo } from '../../../shared/contract/wizard.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import { starter } from '../starter.ts';

const SHOWN = 50;

/** A file's first examples and the lines at fault. */
async function preview({ path }: { readonly path: string }): Promise<DataPreview> {
  const format = extname(path).slice(1).toLowerCase() as DataPreview['format'];
  const base = { name: basename(path), format, path };
  try {
    const { examples, faults } = await readExamples(path);
    const rows = examples.slice(0, SHOWN).map(({ id, context, target }) => ({
      line: Number(id),
      context,
      answer: target.slice(0, 2000),
    }));
    return { ...base, total: examples.length, rows, errors: faults.slice(0, SHOWN) };
  } catch (error) {
    if (!(error instanceof KintsugiError) || error.code !== 'DATA_INVALID') throw error;
    return { ...base, total: 0, rows: [], errors: [{ line: null, message: error.message }] };
  }
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
