import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRepositoryId, parseRepository } from '../../../src/main/hub/repository.ts';
import { hubSettings } from '../../../src/main/hub/settings.ts';
import { temporaryFolder } from '../db/temporary.ts';

describe('hubSettings', () => {
  it('has the defaults of Hugging Face’s tools', () => {
    expect(hubSettings({ HF_TOKEN_PATH: '/none' })).toEqual({
      endpoint: 'https://huggingface.co',
      cache: join(homedir(), '.cache', 'huggingface', 'hub'),
      token: undefined,
      tokenFrom: null,
      offline: false,
    });
  });

  it('follows their variables, the nearer one first', () => {
    const cache = (env: Record<string, string>) => hubSettings(env).cache;
    expect(cache({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub');
    expect(cache({ XDG_CACHE_HOME: '/x', HF_HOME: '/h' })).toBe('/h/hub');
    expect(cache({ HF_HOME: '/h', HF_HUB_CACHE: '/c' })).toBe('/c');
    expect(cache({ HF_HOME: '~/h' })).toBe(join(homedir(), 'h', 'hub'));
    expect(hubSettings({ HF_ENDPOINT: 'http://mirror/' }).endpoint).toBe('http://mirror');
    expect(hubSettings({ HF_HUB_OFFLINE: '1' }).offline).toBe(true);
    expect(hubSettings({ TRANSFORMERS_OFFLINE: 'yes' }).offline).toBe(true);
    expect(hubSettings({ HF_HUB_OFFLINE: '0' }).offline).toBe(false);
  });

  it('takes the token from the environment, then the settings, then the file', () => {
    const home = temporaryFolder();
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'token'), 'hf_file\n');
    const token = (env: Record<string, string>, saved?: string) => {
      const { token, tokenFrom } = hubSettings({ HF_HOME: home, ...env }, saved);
      return [token, tokenFrom];
    };
    expect(token({})).toEqual(['hf_file', 'file']);
    expect(token({}, 'hf_saved')).toEqual(['hf_saved', 'settings']);
    expect(token({ HF_TOKEN: 'hf_env' }, 'hf_saved')).toEqual(['hf_env', 'environment']);
    expect(token({ HF_TOKEN: 'a\r\nx-evil: 1' })).toEqual(['hf_file', 'file']);
  });
});

describe('repository names', () => {
  it('are organisation and name, with a revision where one is meant', () => {
    expect(parseRepository('org/Some-model.1')).toEqual({
      kind: 'model',
      name: 'org/Some-model.1',
      revision: 'main',
    });
    expect(parseRepository('org/m@refs/pr/1').revision).toBe('refs/pr/1');
  });

  it.each([
    '',
    'm',
    '/m',
    'org/',
    '../m',
    'org/..',
    'a/b/c',
    'org/m@../x',
    'org/a--b',
    'C:\\m',
    'org/m\0',
  ])('%j is none', (id) => {
    expect(isRepositoryId(id)).toBe(false);
    expect(() => parseRepository(id)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    );
  });
});
