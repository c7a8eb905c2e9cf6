import type { ReactNode } from 'react';

interface Props {
  readonly title: string;
  /** What the pictures show and how to read them, in a sentence or two. */
  readonly about: ReactNode;
  readonly children: ReactNode;
}

/** One finding with what teaches how to read it. */
export function Part({ title, about, children }: Props) {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        {title}
      </h2>
      <p className="analysis-about">{about}</p>
      {children}
    </section>
  );
}

/** In place of a picture of shares of what was lost. */
export const NothingLost = () => (
  <p className="faint">Too little was lost to draw a share of it.</p>
);
