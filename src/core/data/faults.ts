import { basename } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';

const NEXT =
  'Give a .jsonl of {"question","answer"} or {"text"} objects, a .csv or .parquet with such columns, ' +
  'or a .txt, in UTF-8.';

/**
 * One fault of a data file.
 * @param place where in the file, for example `line 3` or `row 12`
 */
export function invalidData(file: string, message: string, place?: string, next = NEXT) {
  const where = place === undefined ? '' : `, ${place}`;
  return new KintsugiError('DATA_INVALID', `${basename(file)}${where}: ${message}`, {
    file,
    ...(place === undefined ? {} : { field: place }),
    next,
  });
}

/** A file that cannot be opened or read. */
export const unreadable = (file: string, cause: unknown): KintsugiError =>
  invalidData(
    file,
    `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
    undefined,
    'Check the path.',
  );
