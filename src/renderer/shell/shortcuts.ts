import { useEffect, useRef } from 'react';
import { goTo, PAGES } from './pages.ts';

/** How long after "g" the page's letter may follow. */
const SEQUENCE_MS = 1200;

/** Ctrl or ⌘ + K opens the search; "g" and a letter goes to a page. */
export function useShortcuts(search: () => void): void {
  const pressedG = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        search();
        return;
      }
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'g') {
        pressedG.current = event.timeStamp;
        return;
      }
      const page = PAGES.find(({ key }) => key === event.key);
      const since = event.timeStamp - pressedG.current;
      if (page && pressedG.current > 0 && since < SEQUENCE_MS) goTo(page.name);
      pressedG.current = 0;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [search]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input, textarea, select, [role="dialog"]') !== null)
  );
}
