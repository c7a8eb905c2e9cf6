import type { CallName } from '../../shared/contract/index.ts';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { fromBase64 } from '../base64.ts';
import { printPage } from '../print-page.ts';
import { saveBlob, saveFile } from '../save-file.ts';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

const LISTS: readonly CallName[] = ['runs.list', 'runs.show'];

/** What can be done with a run, each with word of what happened. */
export function useRunActions() {
  const act = useAction();
  const { show } = useToasts();
  return {
    pause: (id: string) => act('runs.pause', { id }, LISTS),
    resume: (id: string) => act('runs.resume', { id }, LISTS),
    stop: (id: string) => act('runs.stop', { id }, LISTS),
    cancel: (id: string) => act('runs.cancel', { id }, LISTS),
    rename: (id: string, name: string) => act('runs.rename', { id, name }, LISTS),
    tag: (id: string, tags: string[]) => act('runs.tag', { id, tags }, LISTS),
    note: (id: string, notes: string) => act('runs.notes', { id, notes }, LISTS),
    async restore(id: string) {
      const run = await act('runs.restore', { id }, LISTS);
      if (run) show({ title: `${run.name} is back` });
      return run;
    },
    async remove(run: RunSummary) {
      if ((await act('runs.delete', { id: run.id }, LISTS)) === undefined) return false;
      show({
        title: `${run.name} is in the bin`,
        action: {
          label: 'Undo',
          run: () => void act('runs.restore', { id: run.id }, LISTS),
        },
      });
      return true;
    },
    duplicate: (id: string) => goTo('new', 'like', id),
    async export(ids: readonly string[], format: 'csv' | 'json') {
      const file = await act('runs.export', { ids: [...ids], format });
      if (file === undefined) return;
      saveFile(file);
      show({ title: `${file.name} saved` });
    },
    async report(ids: readonly string[]) {
      const file = await act('runs.report', { ids: [...ids] });
      if (file === undefined) return;
      saveFile(file);
      show({ title: `${file.name} saved` });
    },
    /** A PDF where the window can make one, else the browser's print dialog. */
    async printReport(ids: readonly string[]) {
      const input = { ids: [...ids] };
      const info = await act('system.info', {});
      if (info?.canPrintPdf) {
        const file = await act('runs.reportPdf', input);
        if (file === undefined) return;
        saveBlob(file.name, new Blob([fromBase64(file.base64)], { type: file.type }));
        show({ title: `${file.name} saved` });
      } else if (info !== undefined) {
        const page = await act('runs.report', input);
        if (page !== undefined) await printPage(page.text);
      }
    },
  };
}
