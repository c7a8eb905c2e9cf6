import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type KyselyPlugin, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { expect, onTestFinished, test } from 'vitest';
import { type Answer, readAnswers, saveAnswers } from '../../../src/main/db/answers.ts';
import { explainDatabaseError } from '../../../src/main/db/failure.ts';
import { MIGRATIONS } from '../../../src/main/db/migrations/index.ts';
import { openStore, type Store } from '../../../src/main/db/open.ts';
import { createRun, listRuns } from '../../../src/main/db/runs.ts';
import { temporaryFolder } from './temporary.ts';

const SECOND = '2099-01-01-second';
const SECOND_STATEMENTS = [
  'ALTER TABLE runs ADD COLUMN extra TEXT',
  'CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT',
  "UPDATE runs SET notes = 'touched'",
];

function migration(statements: readonly string[]): Migration {
  return {
    up: async (db) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}

const withSecond = (statements = SECOND_STATEMENTS) => ({
  ...MIGRATIONS,
  [SECOND]: migration(statements),
});

async function open(...parameters: Parameters<typeof openStore>): Promise<Store> {
  const store = await openStore(...parameters);
  onTestFinished(() => store.close());
  return store;
}

async function storeWithOneRun(path: string): Promise<void> {
  const store = await openStore(path);
  await createRun(store.db, {
    id: 'a',
    kind: 'repair',
    recipe: { version: 1 },
    seed: 7,
    directory: '/nowhere',
  });
  await store.close();
}

/** File names without SQLite's journals, which even a reader makes. */
const databases = (folder: string) =>
  readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name));

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const integrity = (path: string) => {
  const sqlite = new Database(path, { readonly: true });
  const answer = sqlite.pragma('integrity_check', { simple: true });
  sqlite.close();
  return answer;
};

test('opens with a write-ahead log, full flushes, foreign keys and patience', async () => {
  const store = await open(join(temporaryFolder(), 'deep', 'er', 'kintsugi.db'));
  const pragma = async (name: string) => {
    const { rows } = await sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(store.db);
    return Object.values(rows[0]!)[0];
  };
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('foreign_keys')).toBe(1);
  expect(await pragma('busy_timeout')).toBe(10_000);
  expect(store.warnings).toEqual([]);
});

test('what was written is there after closing and opening', async () => {
  const path = join(temporaryFolder(), 'kintsugi.db');
  await storeWithOneRun(path);
  const runs = await listRuns((await open(path)).db);
  expect(runs.map((run) => [run.id, run.seed])).toEqual([['a', 7]]);
});

test('several processes may open a new database at the same moment', async () => {
  const path = join(temporaryFolder(), 'kintsugi.db');
  const script = `import { openStore } from ${JSON.stringify(
    join(import.meta.dirname, '../../../src/main/db/open.ts'),
  )}; await (await openStore(process.argv[1])).close();`;
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  expect(codes).toEqual([0, 0, 0]);
});

test.each([
  ['garbage', (path: string) => writeFileSync(path, 'not a database at all'.repeat(500))],
  ['a damaged page', (path: string) => overwrite(path, 4096, 4096)],
])(
  '%s is set aside byte for byte and reported; a new database takes its place',
  async (_, damage) => {
    const folder = temporaryFolder();
    const path = join(folder, 'kintsugi.db');
    await storeWithOneRun(path);
    damage(path);
    const before = sha256(path);

    const store = await open(path);
    expect(store.warnings).toHaveLength(1);
    expect(store.warnings[0]).toMatchObject({ code: 'DATABASE_CORRUPT' });
    expect(await listRuns(store.db)).toEqual([]);
    const kept = databases(folder).filter((name) => name.startsWith('kintsugi.db.damaged-'));
    expect(kept).toHaveLength(1);
    expect(join(folder, kept[0]!)).toBe(store.warnings[0]!.file);
    expect(sha256(join(folder, kept[0]!))).toBe(before);
  },
);

function overwrite(path: string, offset: number, length: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(length).fill(0xa5), 0, length, offset);
  closeSync(file);
}

test('a newer schema is refused and the file stays as it was', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'kintsugi.db');
  await storeWithOneRun(path);
  await (await openStore(path, withSecond())).close();
  const before = { hash: sha256(path), files: databases(folder) };

  await expect(openStore(path)).rejects.toMatchObject({
    code: 'DATABASE_NEWER',
    file: path,
    message: expect.stringContaining(SECOND),
  });
  expect({ hash: sha256(path), files: databases(folder) }).toEqual(before);
});

test('a migration is preceded by a backup that the old program can open', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'kintsugi.db');
  await storeWithOneRun(path);
  const store = await open(path, withSecond());
  expect((await listRuns(store.db))[0]!.notes).toBe('touched');

  const backup = await open(`${path}.before-${SECOND}`);
  expect((await listRuns(backup.db))[0]!.notes).toBe('');
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
});

test('a failing migration leaves the database as it was', async () => {
  const path = join(temporaryFolder(), 'kintsugi.db');
  await storeWithOneRun(path);
  const broken = withSecond([...SECOND_STATEMENTS, 'INSERT INTO nowhere VALUES (1)']);
  await expect(openStore(path, broken)).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringContaining('no such table: nowhere'),
  });
  const store = await open(path);
  expect((await listRuns(store.db))[0]!.notes).toBe('');
});

test.each([0, 1, 2, 3])(
  'a migration killed after statement %i is as if it never began',
  async (n) => {
    const path = join(temporaryFolder(), 'kintsugi.db');
    await storeWithOneRun(path);
    const child = spawnSync(process.execPath, [
      join(import.meta.dirname, 'killed-migration.ts'),
      path,
      SECOND,
      JSON.stringify(SECOND_STATEMENTS.slice(0, n)),
    ]);
    expect(child.signal).toBe('SIGKILL');

    expect(integrity(path)).toBe('ok');
    const old = await openStore(path);
    expect((await listRuns(old.db))[0]!.notes).toBe('');
    await old.close();
    const store = await open(path, withSecond());
    expect((await listRuns(store.db))[0]!.notes).toBe('touched');
  },
);

/** Copies of the database's files as a crash before each statement would leave them. */
async function crashes(path: string, until: (name: string) => boolean): Promise<readonly string[]> {
  const images: string[] = [];
  const image = () => {
    const copy = join(temporaryFolder(), 'kintsugi.db');
    for (const suffix of ['', '-wal']) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    }
    images.push(copy);
  };
  const watched = Object.entries(MIGRATIONS).map(([name, { up }]): [string, Migration] => [
    name,
    {
      async up(db) {
        const plugin: KyselyPlugin = {
          transformQuery({ node }) {
            image();
            return node;
          },
          transformResult: async ({ result }) => result,
        };
        await up(db.withPlugin(plugin));
        image();
      },
    },
  ]);
  const names = Object.fromEntries(watched.filter(([name]) => until(name)));
  await (await openStore(path, names)).close();
  return images;
}

test('every upgrade there has been, cut off before any statement, is as if it never began', async () => {
  const [initial, ...later] = Object.keys(MIGRATIONS).sort() as [string, ...string[]];
  const path = join(temporaryFolder(), 'kintsugi.db');
  expect((await crashes(path, (name) => name === initial)).length).toBeGreaterThan(8);
  const sqlite = new Database(path);
  sqlite.exec(`INSERT INTO runs (id, kind, status, recipe, seed, directory, created_at)
    VALUES ('a', 'repair', 'done', '{}', 7, '/nowhere', 0)`);
  sqlite.close();
  const images = await crashes(path, () => true);
  expect(images.length).toBeGreaterThan(later.length * 2);
  for (const copy of images) {
    expect(integrity(copy)).toBe('ok');
    const left = new Database(copy, { readonly: true });
    expect(left.prepare('SELECT name FROM kysely_migration').pluck().all()).toEqual([initial]);
    left.close();
    const store = await openStore(copy);
    expect(store.warnings).toEqual([]);
    expect((await listRuns(store.db)).map(({ id, seed }) => [id, seed])).toEqual([['a', 7]]);
    await store.close();
  }
});

test('a disk that is full at any page undoes the write, and keeps what was there', async () => {
  const path = join(temporaryFolder(), 'kintsugi.db');
  await storeWithOneRun(path);
  const store = await open(path);
  const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(store.db);
  const of = { runId: 'a', arm: 'idp', seed: 0 };
  const answers = Array.from(
    { length: 60 },
    (_, i): Answer => ({
      task: 'capitals',
      itemId: `heldout-${i}`,
      correct: true,
      scores: Array.from({ length: 40 }, (_, j) => i + j / 7),
      prompt: null,
      attention: null,
    }),
  );
  let failures = 0;
  for (let pages = rows[0]!.page_count; ; pages++) {
    await sql.raw(`PRAGMA max_page_count = ${pages}`).execute(store.db);
    const failure = await saveAnswers(store.db, of, answers).catch((error: unknown) =>
      explainDatabaseError(error, path),
    );
    const kept = await readAnswers(store.db, of);
    if (failure === undefined) {
      expect(kept).toHaveLength(answers.length);
      break;
    }
    failures++;
    expect(failure).toMatchObject({ message: expect.stringContaining('disk is full') });
    expect(kept).toEqual([]);
    expect((await listRuns(store.db)).map((run) => run.id)).toEqual(['a']);
  }
  expect(failures).toBeGreaterThan(5);
  expect(integrity(path)).toBe('ok');
});

test('a full disk undoes the write, says so, and keeps what was there', async () => {
  const path = join(temporaryFolder(), 'kintsugi.db');
  await storeWithOneRun(path);
  const store = await open(path);
  await sql`PRAGMA max_page_count = 1`.execute(store.db);
  const big = { version: 'x'.repeat(1_000_000) };
  const failure = await createRun(store.db, {
    id: 'b',
    kind: 'repair',
    recipe: big,
    seed: 1,
    directory: '/nowhere',
  }).catch((error: unknown) => explainDatabaseError(error, path));
  expect(failure).toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringContaining('disk is full'),
  });
  expect((await listRuns(store.db)).map((run) => run.id)).toEqual(['a']);
  expect(integrity(path)).toBe('ok');
});

test('a data folder that cannot be made is named', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(openStore(join(folder, 'file', 'kintsugi.db'))).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
    file: join(folder, 'file'),
  });
});
