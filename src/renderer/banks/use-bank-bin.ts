import type { BankSummary } from '../../shared/contract/banks.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

const STALE = ['banks.list', 'banks.show'] as const;

/** Into the bin, with the button that undoes it, and out of it. */
export function useBankBin() {
  const act = useAction();
  const { show } = useToasts();
  const restore = async ({ id, name }: BankSummary) => {
    if (await act('banks.restore', { id }, STALE)) show({ title: `“${name}” is back` });
  };
  const remove = async (bank: BankSummary) => {
    if ((await act('banks.delete', { id: bank.id }, STALE)) === undefined) return;
    show({
      title: `“${bank.name}” is in the bin`,
      detail: 'It waits there for 30 days.',
      action: { label: 'Undo', run: () => void restore(bank) },
    });
  };
  return { remove, restore };
}
