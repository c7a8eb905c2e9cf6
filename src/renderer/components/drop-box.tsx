import { type DragEvent, type ReactNode, useState } from 'react';

interface Props {
  readonly onFile: (file: File) => void;
  /** What can be dropped, and a button that does the same by keyboard. */
  readonly children: ReactNode;
}

/** A place to drop one file on. */
export function DropBox({ onFile, children }: Props) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
    </div>
  );
}
