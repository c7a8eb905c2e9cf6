import type { Migration } from 'kysely/migration';
import * as initial from './2026-11-23-initial.ts';
import * as bankLibrary from './2026-11-24-bank-library.ts';
import * as workbench from './2026-11-24-workbench.ts';
import * as deskBankOrigins from './2026-11-25-desk-bank-origins.ts';
import * as deskComparedBanks from './2026-11-25-desk-compared-banks.ts';
import * as hubDownloads from './2026-11-25-hub-downloads.ts';
import * as jobsWatchedRuns from './2026-11-25-jobs-watched-runs.ts';
import * as sweeps from './2026-11-25-sweeps.ts';
import * as deletedSweeps from './2026-11-25-sweeps-deleted-desk.ts';

/** In the order of their names. Listed by hand so that a bundled program finds them too. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-23-initial': initial,
  '2026-11-24-workbench': workbench,
  '2026-11-24-bank-library': bankLibrary,
  '2026-11-25-desk-bank-origins': deskBankOrigins,
  '2026-11-25-desk-compared-banks': deskComparedBanks,
  '2026-11-25-hub-downloads': hubDownloads,
  '2026-11-25-jobs-watched-runs': jobsWatchedRuns,
  '2026-11-25-sweeps': sweeps,
  '2026-11-25-sweeps-deleted-desk': deletedSweeps,
};
