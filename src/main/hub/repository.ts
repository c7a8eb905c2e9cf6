import { KintsugiError } from '../../shared/errors.ts';

export type RepositoryKind = 'model' | 'dataset';

/** A repository of the hub, at one of its revisions. */
export interface Repository {
  readonly kind: RepositoryKind;
  /** "org/name". */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const PART = String.raw`[A-Za-z0-9](?:[\w.-]{0,94}[\w-])?`;
const ID = new RegExp(`^(${PART}/${PART})(?:@([\\w][\\w./-]{0,199}))?$`);

/** "org/name" or "org/name@revision". @throws KintsugiError ARGUMENT_INVALID */
export function parseRepository(id: string, kind: RepositoryKind = 'model'): Repository {
  const [, name, revision = 'main'] = ID.exec(id) ?? [];
  const plain = name !== undefined && !/--|\.\./.test(`${name}${revision}`);
  if (plain) return { kind, name, revision };
  throw new KintsugiError(
    'ARGUMENT_INVALID',
    `"${id.slice(0, 200)}" is not the name of a ${kind}.`,
    {
      next: 'Give it as organisation/name, as its page on the hub does.',
      field: 'id',
    },
  );
}

/** Whether a model is named as the hub names it, rather than by a folder. */
export const isRepositoryId = (text: string): boolean => ID.test(text) && !/--|\.\./.test(text);
