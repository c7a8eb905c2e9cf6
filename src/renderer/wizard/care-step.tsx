import type { PresetInfo } from '../../shared/contract/wizard.ts';
import type { PresetName } from '../../shared/presets.ts';
import { PRESET_NAMES } from '../../shared/presets.ts';
import { parseRecipe } from '../../shared/recipe.ts';
import { OpenJson } from '../components/open-json.tsx';
import { formatBytes, formatRoughly } from '../format.ts';
import { goTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { applyPreset, FIRST, setDraft, useDraft, withRecipe } from './draft.ts';
import { Choice } from './settings.tsx';

const WORDS: Readonly<Record<PresetName, readonly [title: string, text: string]>> = {
  quick: ['Quick', 'A first impression: one seed, short tuning.'],
  balanced: ['Balanced', 'Longer tuning and three seeds, so that the intervals cover chance.'],
  careful: ['Careful', 'As long as tuning keeps helping, five seeds: numbers to publish.'],
};

export function CareStep() {
  const { draft } = useDraft();
  const { called } = useCall('presets.list', { model: draft.recipe.model });
  const infos = called.state === 'ready' ? called.value : [];
  return (
    <>
      <Choice
        label="Preset"
        value={draft.preset}
        choices={PRESET_NAMES.map((name) => ({
          value: name,
          title: WORDS[name][0],
          text: WORDS[name][1],
          note: costOf(infos.find((info) => info.name === name)),
        }))}
        onChange={(preset) => setDraft(applyPreset(draft, preset))}
      />
      {draft.preset === null && (
        <p className="faint">
          Your own settings are in use. Choosing a preset replaces them, but for model and data.
        </p>
      )}
      <OpenJson
        invitation="Drop a recipe here to set everything as it says, or"
        button="Open a recipe"
        label="Recipe file"
        open={openRecipe}
      />
    </>
  );
}

/** The whole draft, model included, as a file has it. */
function openRecipe(value: unknown): void {
  setDraft(withRecipe(FIRST, parseRecipe(value)));
  goTo('new', 'start');
}

function costOf(info: PresetInfo | undefined): string {
  if (info === undefined) return '…';
  const { time, disk } = info.estimate;
  return `${formatRoughly(time.seconds)} · ${formatBytes(disk.total)} on disk`;
}
