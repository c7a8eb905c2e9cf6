import { Button } from '@mantine/core';
import type { ErrorReport } from '../../shared/contract/common.ts';
import { Failure } from '../notice.tsx';
import { useAction } from '../use-call.ts';
import { updateDraft, useDraft, withModel, withRecipe } from './draft.ts';
import { fitFamilies } from './task-choice.ts';

/** What the model cannot take, before the work rather than in it, and the way out; no setting makes data. */
export function Refused({ refusal }: { refusal: ErrorReport }) {
  const act = useAction();
  const { recipe } = useDraft();
  const fit = async () => {
    const info = await act('models.check', { path: recipe.model });
    const starter = await act('tasks.list', {});
    if (info === undefined || starter === undefined) return;
    const names = starter.map(({ name }) => name);
    updateDraft((draft) => {
      const fitting = withModel(draft, info);
      return withRecipe(fitting, fitFamilies(fitting.recipe, names));
    });
  };
  return (
    <Failure
      error={refusal}
      action={
        refusal.code !== 'DATA_INVALID' && (
          <Button size="xs" variant="default" onClick={fit}>
            Use the nearest settings that fit
          </Button>
        )
      }
    />
  );
}
