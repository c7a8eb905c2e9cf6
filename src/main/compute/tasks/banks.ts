import type { BankTrialEvent } from '../../../shared/contract/banks.ts';
import { shrinkBank } from '../shrink-bank.ts';
import type { TaskContext } from './task.ts';

/** Emits BankTrialEvents. */
async function shrink(
  request: Parameters<typeof shrinkBank>[1],
  { store, signal, emit }: TaskContext,
): Promise<void> {
  const push = (event: BankTrialEvent) => emit(event);
  const progress = (share: number) => push({ kind: 'progress', share });
  push({ kind: 'done', trial: await shrinkBank(store, request, { signal, progress }) });
}

export const bankTasks = { 'bank.shrink': shrink };
