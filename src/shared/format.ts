const LOCALE = 'en';
const NONE = '–';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const hundredths = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const dateTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });

const orNone =
  <T>(format: (value: T) => string) =>
  (value: T | null | undefined) =>
    value === null || value === undefined ? NONE : format(value);

const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });

/** "7.2M": for parameters. */
export const formatCompact = (count: number) => compact.format(count);
export const formatCount = (count: number) => whole.format(count);
/** A share of one, in percent with a tenth. */
export const formatPercent = (share: number) => `${tenths.format(100 * share)}%`;
/** A share of one, in whole percent: for progress and small room. */
export const formatWholePercent = (share: number) => `${whole.format(100 * share)}%`;
/** A difference of two shares, in points with a sign. */
export const formatPoints = (difference: number) =>
  `${signOf(difference)}${tenths.format(Math.abs(100 * difference))}`;
const signOf = (value: number) => (Math.abs(value) < 0.0005 ? '±' : value < 0 ? '−' : '+');
export const formatDecimal = orNone((value: number) => hundredths.format(value));
export const formatDate = orNone((time: number) => dateTime.format(time));

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units: 1 MB is 10⁶ bytes. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? whole.format(value) : tenths.format(value)} ${UNITS[power]}`;
}

/** A coarse span for what is only estimated: "about 40 s", "about 3 min". */
export function formatRoughly(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `about ${Math.round(minutes)} min`;
  return `about ${tenths.format(minutes / 60)} h`;
}

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** "3 minutes ago"; the date once it is more than a week. */
export function formatAgo(time: number, now: number): string {
  const seconds = (time - now) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return formatDate(time);
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}

export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${tenths.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
