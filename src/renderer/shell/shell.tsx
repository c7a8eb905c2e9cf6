import { Kbd, Text, UnstyledButton } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Mark, SearchIcon } from '../components/icons.tsx';
import { useClient } from '../use-call.ts';
import { CommandPalette } from './command-palette.tsx';
import { hrefTo, PAGES } from './pages.ts';
import { RunningCard } from './running-card.tsx';
import { SchemeSwitch } from './scheme-switch.tsx';
import { useShortcuts } from './shortcuts.ts';

interface Props {
  readonly page: string;
  readonly title: string;
  readonly children: ReactNode;
}

/** Navigation beside the page, the command palette over it, and word of a lost connection. */
export function Shell({ page, title, children }: Props) {
  const [searching, setSearching] = useState(false);
  useShortcuts(() => setSearching(true));
  const main = useRef<HTMLElement>(null);
  usePageEntry(main, page, title);
  return (
    <div className="shell">
      {/* biome-ignore lint/a11y/useValidAnchor: the address is the route, so the focus moves by hand */}
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <section className="side" aria-label="Workbench">
        <a className="brand" href="#/">
          <Mark />
          <span>Kintsugi</span>
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ name, title: label, Icon }) => (
            <a
              key={name}
              href={hrefTo(name)}
              className={name === 'new' ? 'nav-link primary' : 'nav-link'}
              aria-current={name === page ? 'page' : undefined}
            >
              <Icon />
              <span>{label}</span>
            </a>
          ))}
        </nav>
        <div className="side-end">
          <RunningCard />
          <UnstyledButton className="nav-link search" onClick={() => setSearching(true)}>
            <SearchIcon />
            <span>Search</span>
            <Kbd size="xs">{isMac() ? '⌘' : 'Ctrl'} K</Kbd>
          </UnstyledButton>
          <SchemeSwitch />
        </div>
      </section>
      <main id="main" ref={main} tabIndex={-1}>
        <ConnectionBanner />
        {children}
      </main>
      <CommandPalette opened={searching} close={() => setSearching(false)} />
    </div>
  );
}

const isMac = () => navigator.userAgent.includes('Mac');

/** A new page names itself and takes the focus, so that a screen reader says where one is. */
function usePageEntry(main: { current: HTMLElement | null }, page: string, title: string) {
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} · Kintsugi`;
  }, [title]);
  // page stands for the move itself.
  useEffect(() => {
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    first.current = false;
  }, [main, page]);
}

/** Long enough that a connection still being opened is not called lost. */
const GRACE_MS = 1500;

function ConnectionBanner() {
  const client = useClient();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = client.watchConnection((connected) => {
      if (!connected) {
        // Every attempt that fails says so again.
        timer ??= setTimeout(setLost, GRACE_MS, true);
        return;
      }
      clearTimeout(timer);
      timer = undefined;
      setLost(false);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [client]);
  if (!lost) return null;
  return (
    <div className="banner" role="alert">
      <Text fw={600}>Kintsugi’s engine room cannot be reached.</Text>
      <Text size="sm">
        Runs go on without this page. It tries again by itself; if it stays so, start Kintsugi with{' '}
        <code>npm start</code> and open the address that it prints. (UNREACHABLE)
      </Text>
    </div>
  );
}
