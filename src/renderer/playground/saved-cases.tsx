import { ActionIcon, Group, Paper, Text, Title, UnstyledButton } from '@mantine/core';
import type { SavedCase } from '../../shared/contract/playground.ts';
import { CrossIcon } from '../components/icons.tsx';
import { formatDate } from '../format.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction, useCall } from '../use-call.ts';

interface Props {
  readonly open: (saved: SavedCase) => void;
}

/** Inputs that were kept, to try again on other arms. */
export function SavedCases({ open }: Props) {
  const { called } = useCall('playground.cases', {});
  const act = useAction();
  const { show } = useToasts();
  if (called.state !== 'ready' || called.value.length === 0) return null;
  const remove = async ({ id, name, request, outputs }: SavedCase) => {
    const removed = await act('playground.deleteCase', { id }, ['playground.cases']);
    if (removed === undefined) return;
    const again = { name, request, outputs: [...outputs] };
    show({
      title: `"${name}" deleted`,
      action: {
        label: 'Undo',
        run: () => void act('playground.saveCase', again, ['playground.cases']),
      },
    });
  };
  return (
    <section className="cases">
      <Title order={2} size="h5" mb="xs">
        Saved cases
      </Title>
      <ul>
        {called.value.map((saved) => (
          <Paper component="li" withBorder p="xs" key={saved.id}>
            <Group justify="space-between" wrap="nowrap">
              <UnstyledButton className="case" onClick={() => open(saved)}>
                <Text fw={600}>{saved.name}</Text>
                <Text size="xs" c="dimmed">
                  {formatDate(saved.createdAt)} · {saved.request.panes.length} arms
                </Text>
              </UnstyledButton>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete the case "${saved.name}"`}
                onClick={() => void remove(saved)}
              >
                <CrossIcon size={16} />
              </ActionIcon>
            </Group>
          </Paper>
        ))}
      </ul>
    </section>
  );
}
