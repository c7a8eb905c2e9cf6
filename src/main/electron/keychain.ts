import { safeStorage } from 'electron';
import type { Keychain } from '../secrets.ts';

/**
 * The system's keychain, once Electron is ready. Null where there is none: on a Linux without a
 * keyring Electron would encrypt with a password that everybody knows.
 */
export function systemKeychain(): Keychain | null {
  const known = process.platform === 'linux' && safeStorage.getSelectedStorageBackend();
  if (known === 'basic_text' || !safeStorage.isEncryptionAvailable()) return null;
  return {
    encrypt: (text) => safeStorage.encryptString(text),
    decrypt: (bytes) => safeStorage.decryptString(bytes),
  };
}
