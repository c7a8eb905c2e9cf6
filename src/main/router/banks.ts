import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type {
  BankCheck,
  BankFormat,
  BankSource,
  BankTrialEvent,
  ExportedBank,
} from '../../shared/contract/banks.ts';
import type { NamesOf } from '../../shared/contract/index.ts';
import { KintsugiError } from '../../shared/errors.ts';
import {
  exportBank,
  type FoundBank,
  mergeBanks,
  openBank,
  renamePrompts,
  splitBank,
  tryQuantizing,
  withIncoming,
} from '../compute/bank-library.ts';
import { changeLibraryBank, findLibraryBank, listLibrary } from '../db/library.ts';
import { newPlace, openLibrary } from './bank-library.ts';
import { pushed } from './events.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

/** Larger files are left on the machine that computes, for the screen to name. */
const HANDED_OVER = 32 * 2 ** 20;

const MIME_TYPES: Readonly<Record<BankFormat, string>> = {
  peft: '',
  file: 'application/octet-stream',
  json: 'application/json',
};

/** The library of banks; its own folders are below `home`. */
export function bankHandlers({
  store: { db },
  home,
  compute,
}: Pick<Services, 'store' | 'home' | 'compute'>): Handlers<NamesOf<'banks'>> {
  const folder = join(home, 'banks');
  /** Of every bank the smaller one that was tried last. */
  const trialOf = (id: string) => join(folder, '.trials', id);
  const library = openLibrary(db, folder);

  const change = async (id: string, changes: Parameters<typeof changeLibraryBank>[2]) => {
    await findLibraryBank(db, id);
    await changeLibraryBank(db, id, changes);
    return library.summary(await findLibraryBank(db, id));
  };

  return {
    'banks.list': async ({ deleted = false }) => {
      await library.takeIn();
      return Promise.all((await listLibrary(db, deleted)).map(library.summary));
    },
    'banks.show': async ({ id }) => {
      await library.takeIn();
      return library.detail(await findLibraryBank(db, id));
    },
    'banks.rename': ({ id, name }) => change(id, { name }),
    'banks.tag': ({ id, tags }) => change(id, { tags: [...new Set(tags)] }),
    'banks.notes': ({ id, notes }) => change(id, { notes }),
    'banks.delete': ({ id }) => change(id, { deletedAt: Date.now() }),
    'banks.restore': ({ id }) => change(id, { deletedAt: null }),
    'banks.merge': async ({ ids, name }) => {
      const distinct = [...new Set(ids)];
      const sources = await Promise.all(distinct.map((id) => findLibraryBank(db, id)));
      const target = newPlace(folder);
      const banks = sources.map((source) => ({ name: source.name, dir: source.directory }));
      await mergeBanks(banks, target.directory);
      const found = await openBank(target.directory);
      return library.add(found, { ...target, origin: 'merged', name });
    },
    'banks.runs': async ({ id }) => library.runs(await findLibraryBank(db, id)),
    'banks.sizes': async ({ id }) =>
      tryQuantizing(await openBank((await findLibraryBank(db, id)).directory)),
    'banks.split': async ({ id, prompts, name }) => {
      const { directory } = await findLibraryBank(db, id);
      const target = newPlace(folder);
      await splitBank(directory, [...new Set(prompts)], target.directory);
      const found = await openBank(target.directory);
      return library.add(found, { ...target, origin: 'split', name });
    },
    'banks.renamePrompts': async ({ id, prompts, name }) => {
      const { directory } = await findLibraryBank(db, id);
      const target = newPlace(folder);
      await renamePrompts(directory, prompts, target.directory);
      const found = await openBank(target.directory);
      return library.add(found, { ...target, origin: 'renamed', name });
    },
    'banks.shrink': ({ id: bankId, runId, smaller }, signal) =>
      pushed<BankTrialEvent>(signal, async (push, stop) => {
        const out = trialOf(bankId);
        await rm(out, { recursive: true, force: true });
        const request = { bankId, runId, smaller, out };
        await compute.ask('bank.shrink', request, { signal: stop, onEvent: push });
      }),
    'banks.keep': async ({ id, hash, by, name }) => {
      const found = await openBank(trialOf(id)).catch((cause) => {
        throw triedAnew(cause);
      });
      if (found.hash !== hash) throw triedAnew();
      const target = newPlace(folder);
      await rename(trialOf(id), target.directory);
      return library.add(found, { ...target, origin: ORIGIN_OF[by], name });
    },
    'banks.export': async ({ id, format }) => {
      const { name, directory } = await findLibraryBank(db, id);
      const found = await openBank(directory);
      return describeExport(
        await exportBank(found, name, format, join(home, 'exports')),
        found,
        format,
      );
    },
    'banks.check': ({ source }) =>
      withIncoming(source, folder, async (_dir, found) => {
        const { fitsRuns, problem } = await library.fit(found);
        return check(found, sourceName(source), fitsRuns, problem);
      }).catch(refusal),
    'banks.import': ({ source, name }) =>
      withIncoming(source, folder, async (dir, found) => {
        const { problem } = await library.fit(found);
        if (problem !== undefined) throw problem;
        const target = newPlace(folder);
        await mkdir(dirname(target.directory), { recursive: true });
        await rename(dir, target.directory);
        return library.add(found, {
          ...target,
          origin: 'imported',
          name: name ?? sourceName(source),
        });
      }),
  };
}

const ORIGIN_OF = { quantize: 'quantized', prune: 'pruned' } as const;

const triedAnew = (cause?: unknown): KintsugiError =>
  new KintsugiError('BANK_INVALID', 'The smaller bank that was measured is no longer there.', {
    cause,
    next: 'Measure it again, then keep it.',
    field: 'hash',
  });

/** A name for people, from that of the file or folder. */
function sourceName(source: BankSource): string {
  const name = 'path' in source ? basename(source.path) : source.name;
  const stem = name.replace(/(\.bank)?\.safetensors$/, '').replace(/-[0-9a-f]{8}$/, '');
  return stem.replaceAll(/[-_]+/g, ' ').trim().slice(0, 120) || 'Imported bank';
}

function check(
  { bank, hash }: FoundBank,
  name: string,
  fitsRuns: readonly string[],
  problem: KintsugiError | undefined,
): BankCheck {
  return {
    ok: problem === undefined,
    problems: problem === undefined ? [] : [report(problem)],
    name,
    hash,
    modelHash: bank.baseModel.hash,
    prompts: bank.prompts.map(({ name, tokens }) => ({ name, tokens })),
    fitsRuns,
  };
}

/** What cannot be read is a finding of the check, not a failure of it. */
function refusal(error: unknown): BankCheck {
  if (!(error instanceof KintsugiError)) throw error;
  const problems = [report(error)];
  return {
    ok: false,
    problems,
    name: null,
    hash: null,
    modelHash: null,
    prompts: [],
    fitsRuns: [],
  };
}

function report({ code, message, next, file, field }: KintsugiError) {
  return { code, message, next, ...(file && { file }), ...(field && { field }) };
}

async function describeExport(
  path: string,
  { bytes: folderBytes }: FoundBank,
  format: BankFormat,
): Promise<ExportedBank> {
  const stats = await stat(path);
  if (stats.isDirectory()) return { path, bytes: folderBytes, file: null };
  if (stats.size > HANDED_OVER) return { path, bytes: stats.size, file: null };
  const base64 = (await readFile(path)).toString('base64');
  const file = { name: basename(path), type: MIME_TYPES[format], base64 };
  return { path, bytes: stats.size, file };
}
