import { expect, it } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCompact,
  formatDuration,
  formatPercent,
  formatPoints,
  formatRoughly,
} from '../../../src/renderer/format.ts';

const NOW = 1_795_000_000_000;

it.each([
  [formatBytes(0), '0 B'],
  [formatBytes(999), '999 B'],
  [formatBytes(1000), '1.0 kB'],
  [formatBytes(7_340_000_000), '7.3 GB'],
  [formatBytes(5e18), '5,000,000.0 TB'],
  [formatCompact(7_240_000), '7.2M'],
  [formatDuration(1500), '1.5 s'],
  [formatDuration(61_000), '1 min 1 s'],
  [formatDuration(3_700_000), '1 h 1 min'],
  [formatPercent(0.1234), '12.3%'],
  [formatPoints(-0.142), '−14.2'],
  [formatPoints(0.09), '+9.0'],
  [formatPoints(-0.0001), '±0.0'],
  [formatRoughly(3), 'a few seconds'],
  [formatRoughly(42), 'about 40 s'],
  [formatRoughly(170), 'about 3 min'],
  [formatRoughly(9000), 'about 2.5 h'],
  [formatAgo(NOW - 20_000, NOW), 'just now'],
  [formatAgo(NOW - 180_000, NOW), '3 minutes ago'],
  [formatAgo(NOW - 86_400_000, NOW), 'yesterday'],
])('%s reads %s', (shown, expected) => {
  expect(shown).toBe(expected);
});
