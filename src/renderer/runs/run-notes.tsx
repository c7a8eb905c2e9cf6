import { Button, Group, TagsInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { useRunActions } from './use-run-actions.ts';

/** Tags and notes of one's own. Tags are kept at once, notes by their button. */
export function RunNotes({ run }: { run: RunDetail }) {
  const actions = useRunActions();
  const [notes, setNotes] = useState(run.notes);
  const changed = notes !== run.notes;
  return (
    <section className="card" aria-labelledby="notes">
      <h2 className="card-title" id="notes">
        Notes
      </h2>
      <TagsInput
        label="Tags"
        placeholder={run.tags.length === 0 ? 'Type a tag and press Enter' : ''}
        maxTags={20}
        value={[...run.tags]}
        onChange={(tags) => void actions.tag(run.id, tags)}
      />
      <Textarea
        label="Notes"
        mt="sm"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={10_000}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="xs">
        <Button
          size="xs"
          variant="default"
          disabled={!changed}
          onClick={() => void actions.note(run.id, notes)}
        >
          {changed ? 'Save notes' : 'Saved'}
        </Button>
      </Group>
    </section>
  );
}
