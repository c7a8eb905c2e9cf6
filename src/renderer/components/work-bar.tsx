import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { formatWholePercent } from '../format.ts';

interface Props {
  readonly label: string;
  /** In [0, 1]. */
  readonly share: number;
  readonly stop: () => void;
}

/** Work that the reader waits for, and may stop. */
export function WorkBar({ label, share, stop }: Props) {
  return (
    <Stack gap={4} flex={1}>
      <Text size="sm" role="status">
        {label}
      </Text>
      <Group gap="sm" wrap="nowrap">
        <Progress value={100 * share} aria-label={label} flex={1} />
        <Text size="sm">{formatWholePercent(share)}</Text>
        <Button size="compact-sm" variant="default" onClick={stop}>
          Stop
        </Button>
      </Group>
    </Stack>
  );
}
