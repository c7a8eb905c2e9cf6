import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import type { HubEntry, HubKind } from '../../shared/contract/hub.ts';
import { DownIcon, SearchIcon } from '../components/icons.tsx';
import { formatCompact } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';

const PAGE = 10;

interface Props {
  readonly kind: HubKind;
  /** What is shown under the entry that was opened. */
  readonly details: (id: string) => ReactNode;
}

/** Search of the hub; an entry opens to its details. */
export function HubSearch({ kind, details }: Props) {
  const { called: status } = useCall('hub.status', {});
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [query] = useDebouncedValue(text.trim(), 400);
  const [opened, setOpened] = useState<string>();
  const offline = status.state === 'ready' && status.value.offline;
  const asked = query === '' || offline ? null : { kind, query, limit };
  const { called, retry } = useCall('hub.search', asked);
  if (offline) {
    return (
      <p className="faint">
        Offline mode is on (HF_HUB_OFFLINE): the hub is not asked. What is on this machine can be
        used.
      </p>
    );
  }
  const host = status.state === 'ready' ? new URL(status.value.endpoint).host : 'the hub';
  return (
    <div className="hub-search">
      <TextInput
        label={kind === 'model' ? 'Search the hub for a model' : 'Search the hub for a dataset'}
        description={`On ${host}; only what is asked for leaves this machine.`}
        placeholder={kind === 'model' ? 'SmolLM2, Qwen3, opt-125m …' : 'wikitext, ai2_arc …'}
        leftSection={<SearchIcon size={16} />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setLimit(PAGE);
        }}
      />
      {asked !== null && called.state === 'waiting' && <Waiting what="Searching…" />}
      {asked !== null && called.state === 'failed' && (
        <Failure error={called.error} retry={retry} />
      )}
      {asked !== null && called.state === 'ready' && (
        <>
          {called.value.entries.length === 0 && (
            <p className="faint" role="status">
              The hub has nothing called that.
            </p>
          )}
          <ul className="hub-entries" aria-label="Found on the hub">
            {called.value.entries.map((entry) => (
              <li key={entry.id} className="card">
                <button
                  type="button"
                  aria-expanded={opened === entry.id}
                  onClick={() => setOpened(opened === entry.id ? undefined : entry.id)}
                >
                  <span className="hub-name">{entry.id}</span>
                  <DownIcon size={16} />
                  <EntryFacts entry={entry} kind={kind} />
                </button>
                {opened === entry.id && details(entry.id)}
              </li>
            ))}
          </ul>
          {called.value.more && (
            <Button variant="default" size="xs" onClick={() => setLimit(limit + PAGE)}>
              Show more
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function EntryFacts({ entry, kind }: { entry: HubEntry; kind: HubKind }) {
  const { parameters, licence, gated, downloads } = entry;
  const facts = [
    parameters === null ? '' : `${formatCompact(parameters)} parameters`,
    licence ?? '',
    gated ? 'on request' : '',
    `${formatCompact(downloads)} downloads`,
  ];
  const verdict = kind === 'model' ? verdictOf(entry) : null;
  return (
    <span className="hub-facts">
      {facts.filter(Boolean).join(' · ')}
      {verdict && <span className={`fit ${verdict.fit}`}>{verdict.text}</span>}
    </span>
  );
}

function verdictOf({ safetensors, supported }: HubEntry) {
  if (!safetensors) return { fit: 'wont-fit', text: 'no safetensors' };
  if (supported === null) return null;
  return supported
    ? { fit: 'fits', text: 'supported' }
    : { fit: 'wont-fit', text: 'not supported' };
}
