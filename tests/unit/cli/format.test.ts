import { expect, test } from 'vitest';
import { formatBytes, formatSeconds, formatTable } from '../../../src/main/cli/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [16_400_000, '16 MB'],
  [999_700, '1.0 MB'],
  [2_560_000_000, '2.6 GB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0.42, '0.4 s'],
  [59.4, '59 s'],
  [59.9, '1 min 0 s'],
  [119.8, '2 min 0 s'],
  [3725, '1 h 2 min'],
])('%d seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

test('a table lines up, the first column left and the others right', () => {
  expect(
    formatTable([
      ['', 'a', 'long'],
      ['first', '1', '2'],
    ]),
  ).toBe('       a  long\nfirst  1     2');
});
