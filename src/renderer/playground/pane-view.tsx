import { Button, Group, Loader, Text } from '@mantine/core';
import type { Arm } from '../../shared/results.ts';
import { armClass } from '../charts/palette.ts';
import { Provenance } from '../compare/provenance.tsx';
import { Shares } from '../compare/shares.tsx';
import { formatCount, formatDecimal } from '../format.ts';
import { copyText } from '../save-file.ts';
import { useToasts } from '../shell/toasts.tsx';
import type { Pane } from './panes.ts';

interface Props {
  /** What was asked for; the pane's own arm says what was opened. */
  readonly asked: Arm;
  /** The arm's name, with its run's where there are several. */
  readonly title: string;
  readonly seed: number;
  readonly pane: Pane;
}

/** One arm's text as it comes, with what made it. */
export function PaneView({ asked, title, seed, pane }: Props) {
  const { show } = useToasts();
  const copy = async () => {
    if (await copyText(pane.text)) show({ title: 'Text copied' });
  };
  return (
    <section
      className={`card pane ${armClass(asked.id)}`}
      aria-label={title}
      aria-busy={pane.status === 'loading' || pane.status === 'writing'}
    >
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{title}</Text>
        {pane.arm && <Provenance arm={pane.arm} seeds={[seed]} />}
      </Group>
      <Body pane={pane} />
      {pane.choice && (
        <div className="pane-choice">
          <Text size="sm">
            Prompt: <strong>{pane.choice.prompt}</strong>
            {pane.choice.shares.length === 0 && ', the same for every input'}
          </Text>
          {pane.choice.shares.length > 0 && (
            <Shares
              names={pane.choice.names}
              shares={pane.choice.shares}
              chosen={pane.choice.prompt}
            />
          )}
        </div>
      )}
      <Group justify="space-between" align="flex-end" wrap="nowrap" mt="auto" gap="xs">
        <Text size="xs" c="dimmed">
          {describeEnd(pane)}
        </Text>
        <Button
          size="compact-xs"
          variant="default"
          flex="none"
          onClick={() => void copy()}
          disabled={pane.text === ''}
        >
          Copy
        </Button>
      </Group>
    </section>
  );
}

function Body({ pane }: { pane: Pane }) {
  if (pane.status === 'failed' && pane.error !== null) {
    const { message, next, code } = pane.error;
    return (
      <div className="pane-text" role="alert">
        <Text>{message}</Text>
        <Text size="sm" c="dimmed">
          {next} ({code})
        </Text>
      </div>
    );
  }
  return (
    <div className="pane-text">
      {pane.text}
      {pane.status === 'writing' && <span className="cursor" aria-hidden="true" />}
      {pane.status === 'loading' && (
        <span role="status">
          <Loader size="xs" type="dots" aria-hidden="true" />
          <span className="visually-hidden">Opening the model</span>
        </span>
      )}
      {pane.status === 'idle' && <span className="faint">Its answer will stand here.</span>}
      {pane.status === 'waiting' && <span className="faint">waits for its turn</span>}
      {pane.status === 'done' && pane.text === '' && (
        <span className="faint">ended without a word</span>
      )}
    </div>
  );
}

function describeEnd({ status, end }: Pane): string {
  if (status === 'stopped') return 'stopped';
  if (end === null) return '';
  const speed = end.seconds > 0 ? `, ${formatDecimal(end.tokens / end.seconds)} per second` : '';
  const why = end.reason === 'end' ? 'ended by itself' : 'as long as allowed';
  return `${formatCount(end.tokens)} tokens${speed}; ${why}`;
}
