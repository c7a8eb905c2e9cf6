import type { WriteStream } from 'node:tty';
import { formatSeconds } from './format.ts';

/** Where a command reports that it is alive. Everything goes to stderr: stdout is for results. */
export interface Progress {
  /** `share` in [0, 1]. */
  update(label: string, share: number, secondsLeft?: number, more?: Detail): void;
  /** A line that stays: a stage that ended, a warning. */
  line(text: string): void;
  /** Takes an unfinished bar off the screen. */
  clear(): void;
}

interface Detail {
  /** What a bar has room for, for example bytes. */
  readonly detail: string;
}

const REDRAW_INTERVAL = 100;
const BAR_WIDTH = 24;

/** A bar that redraws itself on a terminal, a line per tenth of the way elsewhere. */
export function createProgress(stream: WriteStream): Progress {
  return stream.isTTY ? createBar(stream) : createLines(stream);
}

function createBar(stream: WriteStream): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let visible = false;
  const clear = () => {
    if (visible) stream.write('\r\x1b[2K');
    visible = false;
  };
  return {
    update(label, share, secondsLeft, more) {
      if (performance.now() - drawnAt < REDRAW_INTERVAL && share < 1) return;
      drawnAt = performance.now();
      const filled = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const text = describe(label, share, secondsLeft, more);
      stream.write(`\r\x1b[2K${`${bar} ${text}`.slice(0, stream.columns - 1)}`);
      visible = true;
    },
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    clear,
  };
}

function createLines(stream: WriteStream): Progress {
  let current = '';
  let tenths = 0;
  return {
    update(label, share, secondsLeft, more) {
      if (label !== current) tenths = 0;
      current = label;
      if (Math.floor(share * 10) <= tenths) return;
      tenths = Math.floor(share * 10);
      stream.write(`${describe(label, share, secondsLeft, more)}\n`);
    },
    line: (text) => stream.write(`${text}\n`),
    clear: () => undefined,
  };
}

function describe(label: string, share: number, secondsLeft?: number, more?: Detail): string {
  const left =
    secondsLeft === undefined || !Number.isFinite(secondsLeft)
      ? ''
      : `, ${formatSeconds(secondsLeft)} left`;
  const detail = more === undefined ? '' : `, ${more.detail}`;
  return `${label}: ${Math.floor(share * 100)}%${detail}${left}`;
}
