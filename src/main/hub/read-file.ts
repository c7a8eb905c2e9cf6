import { KintsugiError } from '../../shared/errors.ts';
import { createHubFetch } from './fetch.ts';
import type { Hub } from './hub.ts';
import type { PlannedFile } from './plan.ts';
import type { Repository } from './repository.ts';

const LIMIT = 2 ** 22;

/** Address of a file on the hub, at one commit. */
export function fileUrl(
  endpoint: string,
  { kind, name }: Repository,
  commit: string,
  path: string,
): string {
  const repository = `${kind === 'model' ? '' : 'datasets/'}${name}`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${repository}/resolve/${commit}/${encoded}`;
}

/** A file's text without downloading its repository. @throws KintsugiError of createHubFetch */
export async function readSmallFile(
  hub: Hub,
  repository: Repository,
  { path, size }: PlannedFile,
): Promise<string> {
  const { name, revision } = repository;
  if (size > LIMIT)
    throw new KintsugiError('CONFIG_INVALID', `${path} of ${name} is too large to be one.`, {
      next: 'Choose another model.',
      field: path,
    });
  const settings = hub.settings();
  const fetch = createHubFetch(settings, { what: name });
  const response = await fetch(fileUrl(settings.endpoint, repository, revision, path));
  return (await response.text()).slice(0, LIMIT);
}
