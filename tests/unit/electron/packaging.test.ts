import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const { default: packaging } = await import(join(ROOT, 'electron-builder.config.mjs'));

it('closes every way to run the packaged program as something else', () => {
  expect(packaging.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  });
});

it('keeps what is opened by path out of the archive', () => {
  for (const { from } of packaging.extraResources as { from: string }[])
    expect(existsSync(join(ROOT, from))).toBe(true);
  expect(packaging.asarUnpack).toContain('**/*.node');
});
