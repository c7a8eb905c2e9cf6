import { z } from 'zod';
import type { ArmRecovery, ArmResult, Estimate } from '../results.ts';
import { type Sweep, sweepFile } from '../sweep.ts';
import { byId, nothing } from './common.ts';
import { call } from './procedure.ts';
import type { RunStatus } from './runs.ts';

type ArmId = ArmResult['arm']['id'];

/** Combinations by arms: what a sweep has found so far. */
export interface SweepMatrix {
  /** Arms of any run, in the order in which runs have them. */
  readonly arms: readonly { readonly id: ArmId; readonly label: string }[];
  readonly rows: readonly SweepRow[];
}

export interface SweepRow {
  readonly label: string;
  /** Null while the run has not been made, or once it is in the bin. */
  readonly runId: string | null;
  readonly status: RunStatus | null;
  /** By arm id; empty until the run has compared its arms. */
  readonly cells: Readonly<Partial<Record<ArmId, SweepCell>>>;
}

export interface SweepCell {
  readonly mean: Estimate;
  readonly recovery: ArmRecovery | null;
}

export interface SweepSummary {
  readonly id: string;
  readonly name: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly runs: number;
  readonly done: number;
  /** Runs that wait, work, or are paused. */
  readonly unfinished: number;
}

export interface SweepDetail extends SweepSummary {
  readonly sweep: Sweep;
  readonly matrix: SweepMatrix;
}

/** What a sweep would do. */
export interface SweepCheck {
  readonly sweep: Sweep;
  readonly labels: readonly string[];
  /** Of all runs together, on this machine. */
  readonly seconds: number;
}

export const sweepProcedures = {
  /** Newest first. */
  'sweeps.list': call<readonly SweepSummary[]>()(nothing),
  'sweeps.show': call<SweepDetail>()(byId),
  /** Works out the runs of what a file or a form says; faults name their field. */
  'sweeps.check': call<SweepCheck>()(z.strictObject({ sweep: z.json() })),
  /** Queues every run that is not done yet; the same sweep again goes on where it was. */
  'sweeps.start': call<SweepSummary>()(z.strictObject({ sweep: sweepFile })),
  /** Its runs stay. */
  'sweeps.delete': call<null>()(byId),
  'sweeps.restore': call<SweepSummary>()(byId),
} as const;
