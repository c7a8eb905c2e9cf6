import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KintsugiError } from '../shared/errors.ts';

/** What the program keeps for the user and shows nobody. */
export type SecretName = 'hubToken';

/**
 * A file of the data folder that only its owner may read, encrypted by the system's keychain where
 * there is one. Secrets go nowhere else: not into the database, logs, diagnostics or exports.
 */
export interface Secrets {
  /** What keeps new secrets from others: the system's keychain, or the file's mode alone. */
  readonly protection: 'keychain' | 'file';
  /** Undefined when there is none, or none that can be decrypted here. */
  read(name: SecretName): string | undefined;
  /** null forgets it. @throws KintsugiError OUTPUT_UNWRITABLE */
  write(name: SecretName, value: string | null): void;
}

/** The system's keychain. */
export interface Keychain {
  encrypt(text: string): Buffer;
  /** @throws when it was encrypted by another user or keychain */
  decrypt(bytes: Buffer): string;
}

const entrySchema = z.union([
  z.strictObject({ text: z.string() }),
  /** Base64. */
  z.strictObject({ encrypted: z.base64() }),
]);
const fileSchema = z.record(z.string(), entrySchema);
type Entries = z.infer<typeof fileSchema>;

const OWNER_ONLY = 0o600;

export function openSecrets(home: string, keychain: Keychain | null): Secrets {
  const file = join(home, 'secrets.json');
  return {
    protection: keychain === null ? 'file' : 'keychain',
    read(name) {
      const entry = readEntries(file)[name];
      if (entry === undefined) return undefined;
      if ('text' in entry) return entry.text;
      return keychain === null ? undefined : decrypt(keychain, entry.encrypted);
    },
    write(name, value) {
      const { [name]: _, ...others } = readEntries(file);
      const entry = value === null ? {} : { [name]: encode(keychain, value) };
      writeEntries(home, file, { ...others, ...entry });
    },
  };
}

const encode = (keychain: Keychain | null, text: string): Entries[string] =>
  keychain === null ? { text } : { encrypted: keychain.encrypt(text).toString('base64') };

function decrypt(keychain: Keychain, encrypted: string): string | undefined {
  try {
    return keychain.decrypt(Buffer.from(encrypted, 'base64'));
  } catch {
    return undefined;
  }
}

/** A file that is missing or damaged holds no secrets; there is nothing else to ask. */
function readEntries(file: string): Entries {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

function writeEntries(home: string, file: string, entries: Entries): void {
  const temporary = `${file}.new`;
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(entries)}\n`, { mode: OWNER_ONLY, flush: true });
    // The mode above is only of a file that was not there before.
    chmodSync(temporary, OWNER_ONLY);
    renameSync(temporary, file);
  } catch (cause) {
    throw new KintsugiError('OUTPUT_UNWRITABLE', 'The secret could not be kept.', {
      next: 'Check that the data folder can be written to and that its disk is not full.',
      file,
      cause,
    });
  }
}
