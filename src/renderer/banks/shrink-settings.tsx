import { NumberInput, Radio, SegmentedControl, Stack, Text } from '@mantine/core';
import type { BankSizes, BankSummary, Smaller } from '../../shared/contract/banks.ts';
import { formatBytes, formatCount, formatPercent } from '../format.ts';

interface Props {
  readonly bank: BankSummary;
  readonly sizes: BankSizes;
  readonly smaller: Smaller;
  readonly onChange: (smaller: Smaller) => void;
}

/** Fewer bits for each number, or fewer tokens in each prompt. */
export function ShrinkSettings({ bank, sizes, smaller, onChange }: Props) {
  const longest = Math.max(...bank.prompts.map(({ tokens }) => tokens));
  return (
    <Stack gap="sm">
      <Text size="sm">
        This bank stays as it is; in one file its numbers take {formatBytes(sizes.bytes)}.
      </Text>
      <SegmentedControl
        aria-label="How"
        value={smaller.by}
        data={[
          { value: 'quantize', label: 'Fewer bits' },
          { value: 'prune', label: 'Fewer tokens', disabled: longest < 2 },
        ]}
        onChange={(by) =>
          onChange(
            by === 'prune' ? { by, keep: Math.ceil(longest / 2) } : { by: 'quantize', bits: 8 },
          )
        }
      />
      {smaller.by === 'quantize' ? (
        <Bits sizes={sizes} bits={smaller.bits} onChange={onChange} />
      ) : (
        <NumberInput
          label="Tokens that every prompt keeps"
          description={`The ones that answers depend on most. The longest prompt has ${formatCount(longest)}; shorter ones stay whole.`}
          min={1}
          max={longest - 1}
          allowDecimal={false}
          clampBehavior="strict"
          value={smaller.keep}
          onChange={(keep) => typeof keep === 'number' && onChange({ by: 'prune', keep })}
        />
      )}
    </Stack>
  );
}

interface BitsProps extends Pick<Props, 'sizes' | 'onChange'> {
  readonly bits: 8 | 4;
}

function Bits({ sizes, bits, onChange }: BitsProps) {
  return (
    <Radio.Group
      label="Bits per number"
      description="Every virtual token gets whole numbers of few bits and a scale."
      value={String(bits)}
      onChange={(value) => onChange({ by: 'quantize', bits: value === '4' ? 4 : 8 })}
    >
      <Stack gap="xs" mt="xs">
        {sizes.quantized.map((option) => (
          <Radio
            key={option.bits}
            value={String(option.bits)}
            label={`${option.bits} bits: ${formatBytes(option.bytes)}`}
            description={`${formatPercent(1 - option.bytes / sizes.bytes)} smaller; the numbers move by ${formatPercent(option.error)} of their size`}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
