import { Button, Group, TagsInput, Textarea } from '@mantine/core';
import { memo, useState } from 'react';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { useRunActions } from './use-run-actions.ts';

type Props = Pick<RunDetail, 'id' | 'tags' | 'notes'>;

/**
 * Tags and notes of one's own. Tags are kept at once, notes by their button. The progress of a run,
 * which comes many times a second, leaves them as they are.
 */
export const RunNotes = memo(function RunNotes({ id, tags, notes: kept }: Props) {
  const actions = useRunActions();
  const [notes, setNotes] = useState(kept);
  const changed = notes !== kept;
  return (
    <section className="card" aria-labelledby="notes">
      <h2 className="card-title" id="notes">
        Notes
      </h2>
      <TagsInput
        label="Tags"
        placeholder={tags.length === 0 ? 'Type a tag and press Enter' : ''}
        maxTags={20}
        value={[...tags]}
        onChange={(chosen) => void actions.tag(id, chosen)}
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
          onClick={() => void actions.note(id, notes)}
        >
          {changed ? 'Save notes' : 'Saved'}
        </Button>
      </Group>
    </section>
  );
});
