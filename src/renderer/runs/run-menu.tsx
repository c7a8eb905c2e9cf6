import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { DotsIcon } from '../components/icons.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { saveJson } from '../save-file.ts';
import { goTo } from '../shell/pages.ts';
import { useRunActions } from './use-run-actions.ts';

interface Props {
  readonly run: RunSummary;
  /** Called once the run is in the bin. */
  readonly onRemoved?: () => void;
}

/** Everything that can be done with a run and is not its page's main button. */
export function RunMenu({ run, onRemoved }: Props) {
  const actions = useRunActions();
  const [renaming, setRenaming] = useState(false);
  const { id } = run;
  if (run.deletedAt !== null) {
    return (
      <ActionIcon.Group>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" aria-label={`Actions for ${run.name}`}>
              <DotsIcon />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => actions.restore(id)}>Bring back</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </ActionIcon.Group>
    );
  }
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" aria-label={`Actions for ${run.name}`}>
            <DotsIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setRenaming(true)}>Rename…</Menu.Item>
          {run.recipe && (
            <>
              <Menu.Item onClick={() => actions.duplicate(id)}>Duplicate as new…</Menu.Item>
              <Menu.Item onClick={() => goTo('sweeps', 'like', id)}>Vary in a sweep…</Menu.Item>
              <Menu.Item onClick={() => saveJson(run.name, run.recipe)}>Save recipe</Menu.Item>
            </>
          )}
          {run.headline && (
            <>
              <Menu.Item onClick={() => goTo('compare', id)}>Compare</Menu.Item>
              <Menu.Item onClick={() => goTo('playground', id)}>Open in playground</Menu.Item>
              <Menu.Item onClick={() => actions.report([id])}>Save report</Menu.Item>
              <Menu.Item onClick={() => actions.printReport([id])}>Report as PDF…</Menu.Item>
            </>
          )}
          <Menu.Item onClick={() => actions.export([id], 'csv')}>Export CSV</Menu.Item>
          <Menu.Item onClick={() => actions.export([id], 'json')}>Export JSON</Menu.Item>
          {run.status !== 'running' && run.status !== 'queued' && (
            <>
              <Menu.Divider />
              <Menu.Item
                className="danger"
                onClick={async () => (await actions.remove(run)) && onRemoved?.()}
              >
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {renaming && (
        <NameDialog
          title="Rename"
          verb="Rename"
          name={run.name}
          close={() => setRenaming(false)}
          save={(name) => actions.rename(id, name)}
        />
      )}
    </>
  );
}
