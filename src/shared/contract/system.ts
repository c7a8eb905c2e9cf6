import { nothing } from './common.ts';
import { call } from './procedure.ts';

export interface SystemInfo {
  readonly version: string;
  /** What shows the screens. */
  readonly host: 'electron' | 'browser';
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly disk: { readonly free: number };
  /** Data folder. */
  readonly home: string;
  /** What opening the database had to report, for example that a damaged one was set aside. */
  readonly warnings: readonly { readonly message: string; readonly next: string }[];
  /** Whether system.chooseFolder opens the system's own dialog. */
  readonly canChooseFolder: boolean;
  /** Whether runs.reportPdf can lay pages out. */
  readonly canPrintPdf: boolean;
  /** What keeps a secret that is given here: the system's keychain, or a file that only its owner reads. */
  readonly secretsIn: 'keychain' | 'file';
}

export interface DeviceStatus {
  readonly name: string;
  readonly available: boolean;
  /** Why not; empty when it is. */
  readonly reason: string;
}

export interface Doctor {
  readonly node: string;
  readonly engine: { readonly onnxruntime: string; readonly tfjs: string };
  readonly devices: readonly DeviceStatus[];
}

export const systemProcedures = {
  'system.info': call<SystemInfo>()(nothing),
  /** Tries every device: takes a second or two. */
  'system.doctor': call<Doctor>()(nothing),
  /** Everything a report of a fault needs, as text to copy; no secrets, no paths of the user. */
  'system.diagnostics': call<{ readonly text: string }>()(nothing),
  /** The system's own dialog; null when it was dismissed. */
  'system.chooseFolder': call<{ readonly path: string | null }>()(nothing),
} as const;
