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

export const formatCount = (count: number) => whole.format(count);
/** A share of one, in percent with a tenth. */
export const formatPercent = (share: number) => `${tenths.format(100 * share)}%`;
export const formatDecimal = orNone((value: number) => hundredths.format(value));
export const formatDate = orNone((time: number) => dateTime.format(time));

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units: 1 MB is 10⁶ bytes. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? whole.format(value) : tenths.format(value)} ${UNITS[power]}`;
}

export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${tenths.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
