import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the hub is, where its files are kept, and as whom it is asked. */
export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Folder of the cache that every Hugging Face tool of this user shares. */
  readonly cache: string;
  readonly token: string | undefined;
  readonly tokenFrom: 'environment' | 'settings' | 'file' | null;
  /** No socket may be opened. */
  readonly offline: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Follows the variables that Hugging Face's own tools follow, in their order.
 * Source: huggingface.co/docs/huggingface_hub/package_reference/environment_variables.
 */
export function hubSettings(env: Environment = process.env, saved?: string): HubSettings {
  const home = folder(
    env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface'),
  );
  return {
    endpoint: (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, ''),
    cache: folder(env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home, 'hub')),
    ...findToken(env, saved, folder(env['HF_TOKEN_PATH'] || join(home, 'token'))),
    offline: isSet(env['HF_HUB_OFFLINE']) || isSet(env['TRANSFORMERS_OFFLINE']),
  };
}

function findToken(
  env: Environment,
  saved: string | undefined,
  file: string,
): Pick<HubSettings, 'token' | 'tokenFrom'> {
  const named = clean(env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN']);
  if (named !== undefined) return { token: named, tokenFrom: 'environment' };
  const kept = clean(saved);
  if (kept !== undefined) return { token: kept, tokenFrom: 'settings' };
  const read = clean(readIfThere(file));
  return { token: read, tokenFrom: read === undefined ? null : 'file' };
}

/** A token goes into a header: control characters would end it. */
function clean(token: string | undefined): string | undefined {
  const text = token?.replaceAll(/[\r\n]/g, '').trim();
  return text === undefined || !/^[\x21-\x7e]+$/.test(text) ? undefined : text;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const folder = (path: string): string =>
  resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path);

const isSet = (value: string | undefined): boolean =>
  value !== undefined && ['1', 'on', 'yes', 'true'].includes(value.toLowerCase());
