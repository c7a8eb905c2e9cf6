import { Button, Group, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { DataPreview } from '../../shared/contract/wizard.ts';
import { DropBox } from '../components/drop-box.tsx';
import { CheckIcon, FileIcon } from '../components/icons.tsx';
import { formatBytes, formatCount } from '../format.ts';
import { DatasetDialog } from '../models/dataset-dialog.tsx';
import { Failure } from '../notice.tsx';
import { reportOf, useClient } from '../use-call.ts';
import { useDraft } from './draft.ts';
import { withTasks } from './task-choice.ts';
import { withTuningData } from './tune-choice.ts';

/** What the main process accepts in one message. */
const MOST_BYTES = 32 * 2 ** 20;
const TYPES = '.txt,.jsonl,.csv';

type Preview =
  | { readonly state: 'idle' }
  | { readonly state: 'reading'; readonly name: string }
  | { readonly state: 'read'; readonly preview: DataPreview }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Data of one's own: questions become a task, plain text shows the compression what matters. */
export function OwnFile({ starter }: { starter: readonly string[] }) {
  const client = useClient();
  const input = useRef<HTMLInputElement>(null);
  const [preview, setPreview] = useState<Preview>({ state: 'idle' });
  const [searching, setSearching] = useState(false);
  const readPath = async (path: string) => {
    setSearching(false);
    setPreview({ state: 'reading', name: path.split(/[\\/]/).at(-1) ?? path });
    try {
      setPreview({ state: 'read', preview: await client.call('data.preview', { path }) });
    } catch (error) {
      setPreview({ state: 'failed', error: reportOf(error) });
    }
  };
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    setPreview({ state: 'reading', name: file.name });
    try {
      if (file.size > MOST_BYTES) throw tooLarge(file.size);
      const content = await file.text();
      const answer = await client.call('data.preview', { name: file.name, content });
      setPreview({ state: 'read', preview: answer });
    } catch (error) {
      setPreview({ state: 'failed', error: isReport(error) ? error : reportOf(error) });
    }
  };
  return (
    <section aria-labelledby="own-file" className="own-file">
      <h2 className="card-title" id="own-file">
        Data of your own
      </h2>
      <DropBox onFile={(file) => void read(file)}>
        <FileIcon size={26} />
        <Text size="sm">
          Drop a file here, or{' '}
          <button type="button" className="link" onClick={() => input.current?.click()}>
            choose one
          </button>
          , or{' '}
          <button type="button" className="link" onClick={() => setSearching(true)}>
            find a dataset on the hub
          </button>
          .
          <br />
          <Text span size="sm" c="dimmed">
            Questions and answers as .csv or .jsonl (question, answer); text as .txt or .jsonl
            (text).
          </Text>
        </Text>
        <input
          ref={input}
          type="file"
          accept={TYPES}
          aria-label="Data file"
          className="visually-hidden"
          tabIndex={-1}
          onChange={(event) => {
            void read(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </DropBox>
      {searching && (
        <DatasetDialog close={() => setSearching(false)} use={(path) => void readPath(path)} />
      )}
      {preview.state === 'reading' && (
        <Text size="sm" c="dimmed" role="status">
          Reading {preview.name}…
        </Text>
      )}
      {preview.state === 'failed' && (
        <Failure
          error={preview.error}
          action={
            <Button size="xs" variant="default" onClick={() => input.current?.click()}>
              Choose another file
            </Button>
          }
        />
      )}
      {preview.state === 'read' && (
        <Read
          preview={preview.preview}
          starter={starter}
          close={() => setPreview({ state: 'idle' })}
        />
      )}
    </section>
  );
}

const isReport = (error: unknown): error is ErrorReport =>
  typeof error === 'object' && error !== null && 'next' in error;

const tooLarge = (bytes: number): ErrorReport => ({
  code: 'DATA_INVALID',
  message: `The file has ${formatBytes(bytes)}; at most ${formatBytes(MOST_BYTES)} are read.`,
  next: 'Choose a part of it.',
});

interface ReadProps {
  readonly preview: DataPreview;
  readonly starter: readonly string[];
  readonly close: () => void;
}

/** The rows that were understood, the lines that were not, and what the file can be used for. */
function Read({ preview, starter, close }: ReadProps) {
  const { name, kind, total, rows, errors, path } = preview;
  const isText = kind === 'text';
  const count = total === null ? '' : `${formatCount(total)} `;
  return (
    <div className="card preview" aria-live="polite">
      <Text fw={600}>
        {name}{' '}
        <Text span c="dimmed" size="sm">
          {isText ? `${count}${count === '' ? 'text' : 'pieces of text'}` : `${count}questions`}
        </Text>
      </Text>
      {errors.length > 0 ? <Faults errors={errors} /> : <Rows rows={rows} isText={isText} />}
      {errors.length === 0 && (
        <Group gap="sm" mt="sm">
          {isText ? <TextUses path={path} /> : <QuestionUses path={path} starter={starter} />}
          <Button size="xs" variant="subtle" onClick={close}>
            Close
          </Button>
        </Group>
      )}
    </div>
  );
}

const InUse = () => (
  <span className="checked">
    <CheckIcon size={18} /> in use
  </span>
);

function QuestionUses({ path, starter }: UsesProps & Pick<ReadProps, 'starter'>) {
  const { recipe, setRecipe } = useDraft();
  const { tasks } = recipe.evaluation;
  if (tasks.includes(path)) return <InUse />;
  const use = (others: readonly string[]) =>
    setRecipe(withTasks(recipe, [...others, path], starter));
  return (
    <>
      <Button size="xs" onClick={() => use(tasks === 'all' ? starter : tasks)}>
        Add to the tasks
      </Button>
      <Button size="xs" variant="default" onClick={() => use([])}>
        Use it alone
      </Button>
    </>
  );
}

interface UsesProps {
  readonly path: string;
}

/** Text shows the compression what matters, and prompts and adapters the language. */
function TextUses({ path }: UsesProps) {
  const { recipe, setRecipe } = useDraft();
  const { compression, tuning } = recipe;
  const calibrates = compression.calibration.source === path;
  const isTuned = tuning.data !== 'tasks' && tuning.data.source === path;
  const calibrate = (source: string) => {
    const calibration = { ...compression.calibration, source };
    setRecipe({ ...recipe, compression: { ...compression, calibration } });
  };
  const tuneOn = (data: typeof tuning.data) =>
    setRecipe({ ...recipe, tuning: withTuningData(tuning, data) });
  return (
    <>
      {calibrates ? (
        <Button size="xs" variant="default" onClick={() => calibrate('starter')}>
          Calibrate with the starter’s text
        </Button>
      ) : (
        <Button size="xs" onClick={() => calibrate(path)}>
          Calibrate the compression with it
        </Button>
      )}
      {isTuned ? (
        <Button size="xs" variant="default" onClick={() => tuneOn('tasks')}>
          Tune on the tasks
        </Button>
      ) : (
        <Button size="xs" variant="default" onClick={() => tuneOn({ source: path })}>
          Tune on it
        </Button>
      )}
      {(calibrates || isTuned) && <InUse />}
    </>
  );
}

function Faults({ errors }: { errors: DataPreview['errors'] }) {
  return (
    <div role="alert" className="faults">
      <Text size="sm">
        {errors.length === 1 ? 'One line was' : `${errors.length} lines were`} not understood.
        Correct them and choose the file again.
      </Text>
      <ul>
        {errors.map(({ line, message }) => (
          <li key={`${line} ${message}`}>
            {line !== null && <strong>Line {line}: </strong>}
            {message}
          </li>
        ))}
      </ul>
      <Text size="xs" c="dimmed">
        DATA_INVALID
      </Text>
    </div>
  );
}

const ROWS_SHOWN = 6;

/** Without the words that every question is put between. */
const questionOf = (context: string): string =>
  context.replace(/^Question: /, '').replace(/\s*Answer:$/, '');

function Rows({ rows, isText }: { rows: DataPreview['rows']; isText: boolean }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Line</th>
            {!isText && <th scope="col">Question</th>}
            <th scope="col">{isText ? 'Text' : 'Answer'}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_SHOWN).map(({ line, context, answer }) => (
            <tr key={line}>
              <td>{line}</td>
              {!isText && <td className="clip">{questionOf(context)}</td>}
              <td className="clip">{answer}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
