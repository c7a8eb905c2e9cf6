import './sweeps.css';
import { useState } from 'react';
import { goTo } from '../shell/pages.ts';
import { NEW_SWEEP } from './draft.ts';
import { SweepEditor } from './sweep-editor.tsx';
import { SweepList } from './sweep-list.tsx';
import { SweepPanel } from './sweep-panel.tsx';

/** The sweeps, the form of one that is not started yet, or one with its matrix. */
export function SweepsPage({ parts: [id] }: { readonly parts: readonly string[] }) {
  const [draft, setDraft] = useState(NEW_SWEEP);
  const edit = (sweep: typeof draft) => {
    setDraft(sweep);
    goTo('sweeps', 'new');
  };
  if (id === undefined) return <SweepList edit={edit} />;
  if (id === 'new') return <SweepEditor sweep={draft} change={setDraft} />;
  return <SweepPanel key={id} id={id} edit={edit} />;
}
