import type { ErrorReport } from '../../shared/contract/common.ts';
import type { GenerationEvent } from '../../shared/contract/playground.ts';
import type { Arm } from '../../shared/results.ts';

export type PaneEvent = Exclude<GenerationEvent, { kind: 'plan' }>;

/** What one arm has said so far. */
export interface Pane {
  readonly status: 'idle' | 'waiting' | 'loading' | 'writing' | 'done' | 'stopped' | 'failed';
  readonly text: string;
  /** The arm as it was really opened, once it was. */
  readonly arm: Arm | null;
  readonly choice: Extract<GenerationEvent, { kind: 'started' }>['choice'];
  readonly inputTokens: number | null;
  readonly end: {
    readonly reason: 'end' | 'length';
    readonly tokens: number;
    readonly seconds: number;
  } | null;
  readonly error: ErrorReport | null;
}

const WAITING: Pane = {
  status: 'waiting',
  text: '',
  arm: null,
  choice: null,
  inputTokens: null,
  end: null,
  error: null,
};

/** Before anything was asked. */
export const idlePanes = (count: number): Pane[] =>
  Array.from({ length: count }, () => ({ ...WAITING, status: 'idle' }));

export const waitingPanes = (count: number): Pane[] => Array.from({ length: count }, () => WAITING);

/** The panes after one event; events of panes that do not exist change nothing. */
export function afterEvent(panes: readonly Pane[], event: PaneEvent): readonly Pane[] {
  return panes.map((pane, i) => (i === event.pane ? { ...pane, ...change(pane, event) } : pane));
}

function change(pane: Pane, event: PaneEvent): Partial<Pane> {
  switch (event.kind) {
    case 'loading':
      return { status: 'loading' };
    case 'started': {
      const { arm, choice, inputTokens } = event;
      return { status: 'writing', arm, choice, inputTokens };
    }
    case 'text':
      return { text: pane.text + event.text };
    case 'done': {
      const { reason, tokens, seconds } = event;
      return { status: 'done', end: { reason, tokens, seconds } };
    }
    case 'failed':
      return { status: 'failed', error: event.error };
  }
}

/** After the reader pressed stop, or the connection ended: what has been said stays. */
export const stopped = (panes: readonly Pane[]): readonly Pane[] =>
  panes.map((pane) =>
    pane.status === 'done' || pane.status === 'failed' ? pane : { ...pane, status: 'stopped' },
  );
