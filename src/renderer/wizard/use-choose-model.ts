import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import { goTo } from '../shell/pages.ts';
import { reportOf, useClient } from '../use-call.ts';
import { updateDraft, withModel } from './draft.ts';

/** Puts a model into the draft, once all of it was read and found in order. */
export function useChooseModel() {
  const client = useClient();
  const [checking, setChecking] = useState<string>();
  const [error, setError] = useState<ErrorReport>();
  const choose = async (model: string): Promise<boolean> => {
    setChecking(model);
    setError(undefined);
    try {
      const info = await client.call('models.check', { path: model });
      updateDraft((draft) => withModel(draft, info));
      return true;
    } catch (cause) {
      setError(reportOf(cause));
      return false;
    } finally {
      setChecking(undefined);
    }
  };
  /** The wizard, beginning with the model. */
  const start = async (model: string) => {
    await choose(model);
    goTo('new', 'model');
  };
  return { choose, start: (model: string) => void start(model), checking, error };
}
