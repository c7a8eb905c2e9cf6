import { Button, Code, Group, Loader, Paper, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ErrorReport } from '../shared/contract/common.ts';

interface FailureProps {
  readonly error: ErrorReport;
  readonly retry?: () => void;
  /** Another way out, beside or instead of trying again. */
  readonly action?: ReactNode;
}

/** A failure in plain words: what happened, what to do, the button that does it, and the code. */
export function Failure({ error, retry, action }: FailureProps) {
  return (
    <Paper withBorder p="md" className="failure" role="alert">
      <Title order={2} size="h5">
        {error.message}
      </Title>
      <Text mt={4}>{error.next}</Text>
      {error.file && (
        <Text size="sm" mt={4}>
          File: <Code>{error.file}</Code>
        </Text>
      )}
      <Group mt="sm" gap="sm">
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
        {action}
        <Text size="xs" c="dimmed">
          {error.code}
          {error.field && ` · ${error.field}`}
        </Text>
      </Group>
    </Paper>
  );
}

/** Holds the place of what is being asked for; appears only when that takes noticeably long. */
export function Waiting({ what = 'Loading…' }: { what?: string }) {
  return (
    <Group className="waiting" gap="sm" role="status">
      <Loader size="sm" type="dots" aria-hidden="true" />
      <Text c="dimmed" size="sm">
        {what}
      </Text>
    </Group>
  );
}

interface EmptyProps {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** 1 where it is all of the page. */
  readonly level?: 1 | 2;
}

/** What a page says before it has anything to show. */
export function Empty({ icon, title, children, action, level = 2 }: EmptyProps) {
  return (
    <section className="empty">
      {icon && (
        <div className="empty-icon" aria-hidden="true">
          {icon}
        </div>
      )}
      <Title order={level} size="h4">
        {title}
      </Title>
      <Text c="dimmed" maw="34rem">
        {children}
      </Text>
      {action}
    </section>
  );
}
