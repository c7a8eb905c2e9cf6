import { Anchor, Button, Group, Kbd, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Mark } from '../components/icons.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { formatBytes } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { copyText } from '../save-file.ts';
import { PAGES } from '../shell/pages.ts';
import { SchemeSwitch } from '../shell/scheme-switch.tsx';
import { useToasts } from '../shell/toasts.tsx';
import { useAction, useCall } from '../use-call.ts';
import { Devices } from './devices.tsx';

export function SettingsPage() {
  return (
    <div className="page">
      <PageHeader title="Settings">
        How the workbench looks, and what this machine gives it to work with.
      </PageHeader>
      <div className="grid-2">
        <div className="stack">
          <section className="card" aria-labelledby="look">
            <h2 className="card-title" id="look">
              Colours
            </h2>
            <SchemeSwitch labelled />
          </section>
          <Machine />
          <Keys />
        </div>
        <div className="stack">
          <Devices />
          <Diagnostics />
          <About />
        </div>
      </div>
    </div>
  );
}

function Diagnostics() {
  const act = useAction();
  const { show } = useToasts();
  const [text, setText] = useState<string>();
  const copy = async () => {
    const answer = await act('system.diagnostics', {});
    if (answer === undefined) return;
    setText(answer.text);
    if (await copyText(answer.text)) show({ title: 'Diagnostics copied' });
  };
  return (
    <section className="card" aria-labelledby="diagnostics">
      <h2 className="card-title" id="diagnostics">
        Diagnostics
      </h2>
      <Text size="sm" c="dimmed" mb="sm">
        Versions, devices and recent faults as text for a report; no secrets, no paths.
      </Text>
      <Button size="xs" variant="default" onClick={copy}>
        Copy diagnostics
      </Button>
      {text !== undefined && (
        // A keyboard must be able to scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        <pre className="diagnostics" tabIndex={0}>
          {text}
        </pre>
      )}
    </section>
  );
}

function Machine() {
  const { called, retry } = useCall('system.info', {});
  return (
    <section className="card" aria-labelledby="machine">
      <h2 className="card-title" id="machine">
        This machine
      </h2>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <>
          <dl className="pairs">
            <dt>Processor</dt>
            <dd>
              {called.value.processor}, {called.value.threads} threads
            </dd>
            <dt>Memory</dt>
            <dd>
              {formatBytes(called.value.memory.free)} free of{' '}
              {formatBytes(called.value.memory.total)}
            </dd>
            <dt>Disk</dt>
            <dd>{formatBytes(called.value.disk.free)} free</dd>
            <dt>Runs and banks are in</dt>
            <dd>
              <code>{called.value.home}</code>
            </dd>
          </dl>
          {called.value.warnings.map(({ message, next }) => (
            <Text key={message} size="sm" mt="sm">
              <strong>{message}</strong> {next}
            </Text>
          ))}
        </>
      )}
    </section>
  );
}

function Keys() {
  return (
    <section className="card" aria-labelledby="keys">
      <h2 className="card-title" id="keys">
        Keys
      </h2>
      <dl className="pairs">
        <dt>Search and commands</dt>
        <dd>
          <Kbd>Ctrl</Kbd> <Kbd>K</Kbd>
        </dd>
        {PAGES.map(({ name, title, key }) => (
          <div className="pair" key={name}>
            <dt>{title}</dt>
            <dd>
              <Kbd>g</Kbd> <Kbd>{key}</Kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function About() {
  const { called } = useCall('system.info', {});
  return (
    <section className="card" aria-labelledby="about">
      <Group gap="sm" mb="sm">
        <Mark size={40} />
        <div>
          <Title order={2} size="h5" id="about">
            Kintsugi
          </Title>
          <Text size="sm" c="dimmed">
            {called.state === 'ready' ? `Version ${called.value.version}` : ' '}
          </Text>
        </div>
      </Group>
      <Text size="sm">
        Kintsugi is the craft of mending broken pottery with gold. This one shrinks a language
        model, mends what the shrinking broke with a small bank of learned prompts, and shows side
        by side what was lost and what came back. The method is from{' '}
        <Anchor
          href="https://arxiv.org/abs/2310.00867"
          target="_blank"
          rel="noreferrer"
          underline="always"
          inherit
        >
          (Dynamic) Prompting might be all you need to repair Compressed LLMs
        </Anchor>
        .
      </Text>
    </section>
  );
}
