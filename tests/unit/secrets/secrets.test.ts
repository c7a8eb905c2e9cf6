import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BROWSER_SHELL } from '../../../src/main/router/services.ts';
import { openSecrets } from '../../../src/main/secrets.ts';
import { openWorkbench } from '../../../src/main/workbench.ts';
import { temporaryFolder } from '../db/temporary.ts';

const stub = await vi.hoisted(() => import('../electron/stub.ts'));
vi.mock('electron', () => stub);
const { systemKeychain } = await import('../../../src/main/electron/keychain.ts');

const TOKEN = 'hf_abcdefghijklmnop';
const everyFile = (home: string) =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

it('keeps a secret in a file that only its owner reads, and forgets it', () => {
  const home = temporaryFolder();
  const secrets = openSecrets(home, null);
  expect([secrets.protection, secrets.read('hubToken')]).toEqual(['file', undefined]);
  secrets.write('hubToken', TOKEN);
  expect(openSecrets(home, null).read('hubToken')).toBe(TOKEN);
  if (process.platform !== 'win32') {
    expect(statSync(join(home, 'secrets.json')).mode & 0o777).toBe(0o600);
  }
  secrets.write('hubToken', null);
  expect(secrets.read('hubToken')).toBeUndefined();
  expect(readFileSync(join(home, 'secrets.json'), 'utf8')).toBe('{}\n');
});

it('encrypts it where the system has a keychain; nobody else reads it then', () => {
  const home = temporaryFolder();
  const secrets = openSecrets(home, systemKeychain());
  secrets.write('hubToken', TOKEN);
  expect([secrets.protection, secrets.read('hubToken')]).toEqual(['keychain', TOKEN]);
  for (const file of everyFile(home)) expect(readFileSync(file, 'utf8')).not.toContain(TOKEN);
  expect(openSecrets(home, null).read('hubToken')).toBeUndefined();
  const stranger = {
    ...systemKeychain()!,
    decrypt: () => {
      throw new Error('not yours');
    },
  };
  expect(openSecrets(home, stranger).read('hubToken')).toBeUndefined();
});

it.each([
  ['no keyring', { available: true, backend: 'basic_text' }],
  ['no encryption', { available: false, backend: 'kwallet6' }],
])('trusts the mode of the file where there is %s', (_, state) => {
  const before = { available: stub.safeStorage.available, backend: stub.safeStorage.backend };
  onTestFinished(() => void Object.assign(stub.safeStorage, before));
  Object.assign(stub.safeStorage, state);
  // A Linux matter: elsewhere a keychain has one backend.
  if (process.platform === 'linux' || !state.available) expect(systemKeychain()).toBeNull();
});

it.each(['', '{', '[]', '{"hubToken":"plain"}', '{"hubToken":{"encrypted":"?"}}'])(
  'takes the damaged file %j for an empty one',
  (text) => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'secrets.json'), text);
    const secrets = openSecrets(home, null);
    expect(secrets.read('hubToken')).toBeUndefined();
    secrets.write('hubToken', TOKEN);
    expect(secrets.read('hubToken')).toBe(TOKEN);
  },
);

it('says so when it cannot be kept', () => {
  const secrets = openSecrets(join(process.execPath, 'no-folder'), null);
  expect(() => secrets.write('hubToken', TOKEN)).toThrow(
    expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }),
  );
});

it('is in no database', async () => {
  const home = temporaryFolder();
  const startCompute = () => {
    throw new Error('nothing computes here');
  };
  const workbench = await openWorkbench({ home, shell: BROWSER_SHELL, startCompute });
  workbench.services.secrets.write('hubToken', TOKEN);
  await workbench.close();
  for (const file of everyFile(home)) {
    if (!file.endsWith('secrets.json')) {
      expect(readFileSync(file).includes(TOKEN), file).toBe(false);
    }
  }
});
