/** What passes between the renderer and the main process, whatever carries it. */

export const CALL_CHANNEL = 'kintsugi:call';

/** An expected failure as data: errors lose their fields on the way between processes. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it. */
  readonly next: string;
  readonly file?: string;
  readonly field?: string;
}

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorReport };

/** All that a screen can reach of the main process. */
export interface Bridge {
  call(name: string, input: unknown): Promise<Reply>;
}
