import './sweeps.css';
import { useCallback, useEffect, useState } from 'react';
import type { Sweep } from '../../shared/sweep.ts';
import { Failure, Waiting } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { storedSweep, storeSweep, sweepOf } from './draft.ts';
import { SweepEditor } from './sweep-editor.tsx';
import { SweepList } from './sweep-list.tsx';
import { SweepPanel } from './sweep-panel.tsx';

/** The sweeps, the form of one that is not started yet, or one with its matrix. */
export function SweepsPage({ parts: [id, run] }: { readonly parts: readonly string[] }) {
  const [draft, setDraft] = useState(storedSweep);
  useEffect(() => storeSweep(draft), [draft]);
  const edit = useCallback((sweep: Sweep) => {
    setDraft(sweep);
    goTo('sweeps', 'new');
  }, []);
  if (id === undefined) return <SweepList edit={edit} />;
  if (id === 'new') return <SweepEditor sweep={draft} change={setDraft} />;
  if (id === 'like' && run !== undefined) return <LikeRun id={run} edit={edit} />;
  return <SweepPanel key={id} id={id} edit={edit} />;
}

/** `#/sweeps/like/<run>`: a sweep around the recipe of a run. */
function LikeRun({ id, edit }: { id: string; edit: (sweep: Sweep) => void }) {
  const { called, retry } = useCall('runs.duplicate', { id });
  useEffect(() => {
    if (called.state !== 'ready') return;
    const { recipe, name } = called.value;
    edit(sweepOf(recipe, name.replace(/ again$/, ', varied')));
  }, [called, edit]);
  return called.state === 'failed' ? <Failure error={called.error} retry={retry} /> : <Waiting />;
}
