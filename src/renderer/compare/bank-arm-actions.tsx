import { UnstyledButton } from '@mantine/core';
import { type Arm, bankOfArm } from '../../shared/results.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

/** Takes a bank that was compared with the run out of it again; nothing for the run's own arms. */
export function BankArmActions({ runId, arm }: { readonly runId: string; readonly arm: Arm }) {
  const act = useAction();
  const { show } = useToasts();
  const bankId = bankOfArm(arm.id);
  if (bankId === undefined) return null;
  const remove = async () => {
    const stale = ['compare.show', 'compare.inputs', 'banks.runs', 'runs.show'] as const;
    if ((await act('compare.removeBank', { runId, bankId }, stale)) === undefined) return;
    show({
      title: `“${arm.label}” is no longer compared here`,
      detail: 'The bank is still in the library; its page compares it again.',
    });
  };
  return (
    <UnstyledButton className="text-button" onClick={() => void remove()}>
      Remove<span className="visually-hidden"> {arm.label}</span>
    </UnstyledButton>
  );
}
