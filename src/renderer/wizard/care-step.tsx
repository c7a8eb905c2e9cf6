import type { PresetInfo } from '../../shared/contract/wizard.ts';
import type { PresetName } from '../../shared/presets.ts';
import { PRESET_NAMES } from '../../shared/presets.ts';
import { formatBytes, formatRoughly } from '../format.ts';
import { useCall } from '../use-call.ts';
import { applyPreset, setDraft, useDraft } from './draft.ts';
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
    </>
  );
}

function costOf(info: PresetInfo | undefined): string {
  if (info === undefined) return '…';
  const { time, disk } = info.estimate;
  return `${formatRoughly(time.seconds)} · ${formatBytes(disk.total)} on disk`;
}
