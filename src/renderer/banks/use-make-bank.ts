import type { BankSummary } from '../../shared/contract/banks.ts';
import type { Input } from '../../shared/contract/index.ts';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

type MakesBank = 'banks.merge' | 'banks.split' | 'banks.renamePrompts' | 'banks.keep';

/** Makes a bank out of others and goes to it; answers undefined when that failed. */
export function useMakeBank() {
  const act = useAction();
  const { show } = useToasts();
  return async <Name extends MakesBank>(name: Name, input: Input<Name>) => {
    const made: BankSummary | undefined = await act<MakesBank>(name, input, ['banks.list']);
    if (made === undefined) return undefined;
    show({ title: `“${made.name}” was made` });
    goTo('banks', made.id);
    return made;
  };
}
