import { execFileSync } from 'node:child_process';
import { afterAll, expect, it, vi } from 'vitest';
import { openHub } from '../../src/main/hub/hub.ts';
import { parseRepository } from '../../src/main/hub/repository.ts';
import { fetchSnapshot, planSnapshot } from '../../src/main/hub/snapshot.ts';
import { startFakeHub } from '../support/fake-hub.ts';
import { temporaryFolder } from '../unit/db/temporary.ts';

/** A Python with huggingface_hub; the product needs none. */
const PYTHON = process.env['KINTSUGI_PYTHON'] ?? 'python3';

function python(script: string, env: Record<string, string> = {}): string {
  const options = { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] as const };
  return execFileSync(PYTHON, ['-c', script], { ...options, stdio: [...options.stdio] }).toString();
}

function hasHub(): boolean {
  try {
    python('import huggingface_hub');
    return true;
  } catch {
    console.log(`Skipped: ${PYTHON} has no huggingface_hub; KINTSUGI_PYTHON names one that has.`);
    return false;
  }
}

const SCRIPT = `
import json
from huggingface_hub import scan_cache_dir, snapshot_download
found = scan_cache_dir()
print(json.dumps({
  "warnings": [str(w) for w in found.warnings],
  "repos": sorted([r.repo_id, r.repo_type, r.size_on_disk, r.nb_files, sorted(r.refs)] for r in found.repos),
  "folder": snapshot_download("org/model", local_files_only=True),
}))`;

afterAll(() => vi.unstubAllEnvs());

it.skipIf(!hasHub())('Python’s tools find what Kintsugi downloaded', async () => {
  const cache = temporaryFolder();
  const weights = Buffer.alloc(5000, 1);
  const fake = await startFakeHub([
    { id: 'org/model', files: { 'config.json': '{}', 'model.safetensors': weights } },
    { id: 'org/data', kind: 'dataset', files: { 'en/a.jsonl': '{}' } },
  ]);
  vi.stubEnv('HF_ENDPOINT', fake.endpoint);
  vi.stubEnv('HF_HUB_CACHE', cache);
  const hub = openHub();
  const options = {
    signal: new AbortController().signal,
    onBytes: () => {},
    onNotice: () => {},
  };
  const folders = [];
  for (const repository of [parseRepository('org/model'), parseRepository('org/data', 'dataset')])
    folders.push(await fetchSnapshot(hub, await planSnapshot(hub, repository), options));
  await fake.close();
  expect(JSON.parse(python(SCRIPT, { HF_HUB_OFFLINE: '1' }))).toEqual({
    warnings: [],
    repos: [
      ['org/data', 'dataset', 2, 1, ['main']],
      ['org/model', 'model', 5002, 2, ['main']],
    ],
    folder: folders[0],
  });
});
