import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { invalidData, unreadable } from './faults.ts';

type File = Awaited<ReturnType<typeof asyncBufferFromFile>>;

/** Row groups are unpacked whole; a larger one is refused rather than let it fill the memory. */
const MAX_GROUP = 2 ** 30;
const MAX_ROWS = 2 ** 24;

/**
 * The rows of a Parquet file, a row group at a time; of `columns` those that the file has.
 * 64-bit integers come as numbers. @throws KintsugiError DATA_INVALID
 */
export async function* readParquet(
  path: string,
  columns?: readonly string[],
): AsyncGenerator<Record<string, unknown>> {
  const file = await asyncBufferFromFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const damaged = (cause: unknown) =>
    invalidData(path, `is not a whole Parquet file (${(cause as Error).message})`);
  const read = async () => {
    const metadata = await parquetMetadataAsync(file);
    return { metadata, known: new Set(topLevel(metadata)) };
  };
  const { metadata, known } = await read().catch((cause) => {
    throw damaged(cause);
  });
  const wanted = columns?.filter((column) => known.has(column));
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    if (Number(group.total_byte_size) > MAX_GROUP)
      throw invalidData(path, `has a row group of more than ${MAX_GROUP} bytes`);
    if (rows > MAX_ROWS) throw invalidData(path, `has a row group of more than ${MAX_ROWS} rows`);
    const found = await readGroup(file, metadata, { start, rows, wanted }).catch((cause) => {
      throw damaged(cause);
    });
    for (const row of found) yield plainNumbers(row) as Record<string, unknown>;
    start += rows;
  }
}

/** Names of the columns, nested ones by their outermost part. */
const topLevel = ({ row_groups }: FileMetaData): string[] =>
  row_groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data }) => meta_data?.path_in_schema[0] ?? []),
  );

async function readGroup(
  file: File,
  metadata: FileMetaData,
  { start, rows, wanted }: { start: number; rows: number; wanted: string[] | undefined },
): Promise<Record<string, unknown>[]> {
  // No column that was asked for: rows without anything, so that what is missing can be said of them.
  if (wanted?.length === 0) return Array.from({ length: rows }, () => ({}));
  const range = { rowStart: start, rowEnd: start + rows };
  const only = wanted ? { columns: wanted } : {};
  return parquetReadObjects({ file, metadata, compressors, ...range, ...only });
}

/** Integers of 64 bits are BigInt in Parquet's reader. */
function plainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plainNumbers(of)]));
}
