import type { Recipe } from '../../shared/recipe.ts';
import { BankSettings } from '../wizard/bank-settings.tsx';
import { CompressExpert } from '../wizard/compress-expert.tsx';
import { Expert } from '../wizard/settings.tsx';
import { TuneExpert } from '../wizard/tune-expert.tsx';
import { applied, type Change } from './draft.ts';

interface Props {
  readonly base: Recipe | null;
  readonly option: Change;
  readonly replace: (option: Change) => void;
}

/** Models of a sweep differ in what they have room for; its check tells. */
const ROOM = 256;

/** The wizard's settings of tuning, as the option has them. */
export function TuningMore({ base, option, replace }: Props) {
  const tuning = base && applied(base, 'tuning', option);
  if (!tuning) return null;
  const set = (next: Recipe['tuning']) => replace(tuning.option(next));
  return (
    <Expert title="Bank, LoRA and more" parts>
      <BankSettings recipe={{ ...base, tuning: tuning.value }} set={set} />
      <TuneExpert tuning={tuning.value} room={ROOM} set={set} />
    </Expert>
  );
}

/** The wizard's settings of the option's method. */
export function CompressionMore({ base, option, replace }: Props) {
  const compression = base && applied(base, 'compression', option);
  if (!compression) return null;
  return (
    <Expert title="More settings">
      <CompressExpert
        compression={compression.value}
        limits={null}
        set={(next) => replace(compression.option(next))}
      />
    </Expert>
  );
}
