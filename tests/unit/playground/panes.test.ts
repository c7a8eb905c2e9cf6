import { describe, expect, it } from 'vitest';
import {
  afterEvent,
  type PaneEvent,
  stopped,
  waitingPanes,
} from '../../../src/renderer/playground/panes.ts';

const arm = { id: 'idp', label: '+ IDP bank', weightsHash: 'w', bankHash: 'b' } as const;
const choice = { prompt: 'left', names: ['left', 'right'], shares: [0.75, 0.25] };

const after = (events: readonly PaneEvent[], panes = 2) =>
  events.reduce(afterEvent, waitingPanes(panes) as ReturnType<typeof afterEvent>);

describe('panes of the playground', () => {
  it('gather the text and what made it, each pane its own', () => {
    const panes = after([
      { kind: 'loading', pane: 0 },
      { kind: 'started', pane: 0, arm, inputTokens: 7, choice },
      { kind: 'text', pane: 0, text: ' mam' },
      { kind: 'text', pane: 0, text: 'mal' },
      { kind: 'done', pane: 0, reason: 'end', tokens: 2, seconds: 0.5 },
      { kind: 'loading', pane: 1 },
    ]);
    expect(panes[0]).toEqual({
      status: 'done',
      text: ' mammal',
      arm,
      choice,
      inputTokens: 7,
      end: { reason: 'end', tokens: 2, seconds: 0.5 },
      error: null,
    });
    expect(panes[1]).toMatchObject({ status: 'loading', text: '', arm: null });
  });

  it('show a failure in the pane that failed', () => {
    const error = { code: 'BANK_INVALID', message: 'No.', next: 'Repair it.' };
    const panes = after([{ kind: 'failed', pane: 1, error }]);
    expect(panes.map(({ status }) => status)).toEqual(['waiting', 'failed']);
    expect(panes[1]!.error).toBe(error);
  });

  it('keep what was said when they are stopped, and leave finished ones as they are', () => {
    const panes = after(
      [
        { kind: 'done', pane: 0, reason: 'length', tokens: 1, seconds: 1 },
        { kind: 'text', pane: 1, text: 'half a' },
      ],
      3,
    );
    expect(stopped(panes).map(({ status, text }) => [status, text])).toEqual([
      ['done', ''],
      ['stopped', 'half a'],
      ['stopped', ''],
    ]);
  });

  it('ignore events of panes that are not there', () => {
    const before = waitingPanes(1);
    expect(afterEvent(before, { kind: 'text', pane: 3, text: 'lost' })).toEqual(before);
  });
});
