import type { ReactNode } from 'react';
import { CompressPicture, PromptPicture, RecoveryPicture } from '../components/pictures.tsx';

const IDEAS: readonly (readonly [title: string, picture: ReactNode, text: string])[] = [
  [
    'Compress',
    <CompressPicture key="p" />,
    'Every weight is snapped to one of a few values. The model gets several times smaller, and forgets some of what it knew.',
  ],
  [
    'Tune',
    <PromptPicture key="p" />,
    'A soft prompt is a handful of learned tokens before your question. A bank holds several, and each question picks the one that it attends to most.',
  ],
  [
    'Compare',
    <RecoveryPicture key="p" />,
    'Recovery is the share of the lost accuracy that came back, measured on questions that no prompt was tuned on.',
  ],
];

/** The three steps, each in a sentence and a picture. */
export function Ideas() {
  return (
    <section aria-label="How it works" className="grid-3">
      {IDEAS.map(([title, picture, text], i) => (
        <div className="card idea" key={title}>
          {picture}
          <h2 className="card-title">
            {i + 1}. {title}
          </h2>
          <p>{text}</p>
        </div>
      ))}
    </section>
  );
}
