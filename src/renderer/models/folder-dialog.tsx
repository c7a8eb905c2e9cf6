import { Button, Group, Modal } from '@mantine/core';
import { useState } from 'react';
import { FolderIcon } from '../components/icons.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';

interface Props {
  readonly close: () => void;
  readonly choose: (path: string) => void;
}

/** Folders of the machine that computes, which may be another than the one that shows this page. */
export function FolderDialog({ close, choose }: Props) {
  const [path, setPath] = useState<string>();
  const { called, retry } = useCall('models.browse', path === undefined ? {} : { path });
  return (
    <Modal
      opened
      onClose={close}
      title="Choose a model’s folder"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && (
        <Failure
          error={called.error}
          retry={retry}
          action={
            <Button size="xs" variant="default" onClick={() => setPath(undefined)}>
              Back to my folder
            </Button>
          }
        />
      )}
      {called.state === 'ready' && (
        <>
          <p className="faint folder-path">{called.value.path}</p>
          <ul className="folders">
            {called.value.parent !== null && (
              <li>
                <button type="button" onClick={() => setPath(called.value.parent ?? undefined)}>
                  <FolderIcon size={18} /> .. (up)
                </button>
              </li>
            )}
            {called.value.folders.map((folder) => (
              <li key={folder.path}>
                <button type="button" onClick={() => setPath(folder.path)}>
                  <FolderIcon size={18} /> {folder.name}
                </button>
                {folder.isModel && (
                  <Button
                    size="compact-sm"
                    onClick={() => choose(folder.path)}
                    aria-label={`Use ${folder.name}`}
                  >
                    Use
                  </Button>
                )}
              </li>
            ))}
          </ul>
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => choose(called.value.path)}>
              Use this folder
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
