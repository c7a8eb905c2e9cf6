type Fields = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The start with the change's fields; objects are merged field by field, all else is replaced. */
export function merged(start: object, change: object): object {
  const result: Record<string, unknown> = { ...start };
  for (const [key, value] of Object.entries(change)) {
    const before = result[key];
    result[key] = isPlain(before) && isPlain(value) ? merged(before, value) : value;
  }
  return result;
}

/**
 * The change that makes `next` of the start: what differs, and what `before`, an earlier change, said
 * though it is like the start.
 */
export function changeTo<Value extends object>(
  start: Value,
  next: Value,
  before: object = {},
): Partial<Value> {
  const [from, said] = [start as Fields, before as Fields];
  const entries = Object.entries(next).flatMap(([key, value]) => {
    const [there, earlier] = [from[key], said[key]];
    if (isPlain(there) && isPlain(value)) {
      const inner = changeTo(there, value, isPlain(earlier) ? earlier : {});
      return Object.keys(inner).length === 0 ? [] : [[key, inner]];
    }
    const stays = key in said && same(value, earlier);
    return same(value, there) && !stays ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Every field with its value as text, by dotted path. */
export function flat(change: object, prefix = ''): [string, string][] {
  return Object.entries(change).flatMap(([key, value]): [string, string][] => {
    if (isPlain(value)) return flat(value, `${prefix}${key}.`);
    return [[`${prefix}${key}`, Array.isArray(value) ? value.join(' ') : String(value ?? 'none')]];
  });
}
