import type { Migration } from 'kysely/migration';
import * as initial from './2026-11-23-initial.ts';

/** In the order of their names. Listed by hand so that a bundled program finds them too. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-23-initial': initial,
};
