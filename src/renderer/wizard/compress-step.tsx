import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import {
  type Compression,
  type GridOptions,
  gridOf,
  type MethodName,
  sparsityOf,
  withGrid,
} from '../../shared/compression.ts';
import { withMethod } from '../../shared/compression-change.ts';
import { fitCompression } from '../../shared/model-limits.ts';
import { CompressExpert } from './compress-expert.tsx';
import { useDraft } from './draft.ts';
import { Choice, Expert, SelectSetting } from './settings.tsx';

const METHODS = [
  {
    value: 'gptq',
    title: 'GPTQ',
    text: 'Fewer bits for each weight; later weights make up for every rounding. The usual choice.',
  },
  {
    value: 'rtn',
    title: 'Rounding',
    text: 'Fewer bits, each weight to the nearest value. Fast, and loses most.',
  },
  {
    value: 'sparsegpt',
    title: 'SparseGPT',
    text: 'Sets weights to zero; the weights that stay make up for those that go.',
  },
  {
    value: 'wanda',
    title: 'Wanda',
    text: 'Zeroes weights that are small and see small inputs; changes no other.',
  },
  {
    value: 'magnitude',
    title: 'Magnitude',
    text: 'Zeroes the smallest weights, whatever they do. The baseline.',
  },
] as const satisfies readonly { value: MethodName; title: string; text: string }[];

const BITS = [
  { value: '8', title: '8 bits', text: 'Half of 16-bit weights; hardly any loss.' },
  { value: '4', title: '4 bits', text: 'A quarter; a small loss.' },
  {
    value: '3',
    title: '3 bits',
    text: 'Smaller on disk, but computed as 4 bits: no smaller in memory.',
  },
  { value: '2', title: '2 bits', text: 'An eighth; a large loss, with much to mend.' },
] as const;

/** Beside these, any share can be given among the expert settings. */
const SPARSITIES = [
  { value: '0.5', title: 'Half', text: 'The least useful half, wherever it lies.' },
  { value: '4:8', title: '4:8', text: 'Four of every eight neighbours; a little more is lost.' },
  {
    value: '2:4',
    title: '2:4',
    text: 'Two of every four, as sparse GPU kernels want it; more is lost.',
  },
  { value: '0.7', title: '70%', text: 'A large loss, with much to mend.' },
] as const;

const KEPT = [
  { value: 'none', label: 'As they are' },
  { value: '8', label: '8 bits' },
  { value: '4', label: '4 bits' },
  { value: '3', label: '3 bits' },
  { value: '2', label: '2 bits' },
] as const;

export function CompressStep() {
  const { draft, recipe, setRecipe } = useDraft();
  const { limits } = draft;
  const { compression } = recipe;
  const set = (next: Compression) => setRecipe({ ...recipe, compression: next });
  const setFitting = (next: Compression) =>
    set(limits === null ? next : fitCompression(next, limits));
  return (
    <Stack gap="xl">
      <Part title="Method">
        <Choice
          label="Method"
          value={compression.method}
          choices={METHODS}
          onChange={(method) => setFitting(withMethod(compression, method))}
        />
      </Part>
      {'quantization' in compression ? (
        <Pruning compression={compression} set={setFitting} />
      ) : (
        <Part title="Bits for each weight">
          <Choice
            label="Bits for each weight"
            value={String(compression.bits)}
            choices={BITS}
            onChange={(bits) => setFitting(withGrid(compression, { bits: bitsOf(bits) }))}
          />
        </Part>
      )}
      <Expert>
        <CompressExpert compression={compression} limits={limits} set={set} />
      </Expert>
    </Stack>
  );
}

const bitsOf = (text: string) => Number(text) as GridOptions['bits'];

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="card-title">{title}</h2>
      {children}
    </section>
  );
}

interface PruningProps {
  readonly compression: Extract<Compression, { readonly quantization: unknown }>;
  readonly set: (next: Compression) => void;
}

function Pruning({ compression, set }: PruningProps) {
  const setSparsity = (text: string) =>
    set({
      ...compression,
      sparsity: text.includes(':') ? (text as `${number}:${number}`) : Number(text),
    });
  return (
    <>
      <Part title="Weights that become zero">
        <Choice
          label="Weights that become zero"
          value={String(sparsityOf(compression))}
          choices={SPARSITIES}
          onChange={setSparsity}
        />
        <Text size="sm" c="dimmed" mt="sm">
          Zeros alone make the model no smaller and no faster here: they are stored and computed
          like other weights. A zipped copy is smaller.
        </Text>
      </Part>
      <SelectSetting
        label="Weights that stay"
        about="Kept as they are, or quantised as well."
        value={String(gridOf(compression)?.bits ?? 'none')}
        data={KEPT}
        onChange={(kept) =>
          set(
            kept === 'none'
              ? { ...compression, quantization: null }
              : withGrid(compression, { bits: bitsOf(kept) }),
          )
        }
      />
    </>
  );
}
