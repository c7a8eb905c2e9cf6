import { sql } from 'kysely';
import { MIGRATIONS } from '../../../src/main/db/migrations/index.ts';
import { openStore } from '../../../src/main/db/open.ts';

/** Started by open.test.ts: runs the given statements as a migration and dies inside it. */
const [path, name, statements] = process.argv.slice(2) as [string, string, string];
await openStore(path, {
  ...MIGRATIONS,
  [name]: {
    up: async (db) => {
      for (const statement of JSON.parse(statements)) await sql.raw(statement).execute(db);
      process.kill(process.pid, 'SIGKILL');
    },
  },
});
