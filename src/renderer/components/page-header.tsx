import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  readonly title: string;
  /** One sentence: what this page is for. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHeader({ title, children, actions }: Props) {
  return (
    <Group className="page-header" justify="space-between" align="flex-end" gap="md">
      <div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" maw="44rem">
            {children}
          </Text>
        )}
      </div>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
