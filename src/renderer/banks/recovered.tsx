import { Text } from '@mantine/core';
import type { BankSummary } from '../../shared/contract/banks.ts';
import { formatPercent } from '../format.ts';

/** What was lost and what came back, as one bar: grey up to the compressed model, gold what is mended. */
export function Recovered({ results }: Pick<BankSummary, 'results'>) {
  if (results === null) {
    return (
      <Text size="sm" c="dimmed">
        Not measured here
      </Text>
    );
  }
  const { original, compressed, repaired } = results;
  const x = (share: number) => 100 * share;
  const label = `${formatPercent(compressed)} compressed, ${formatPercent(repaired)} with this bank, ${formatPercent(original)} originally`;
  return (
    <div className="recovered">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect className="recovered-all" width="100" height="8" />
        <rect className="recovered-left" width={x(Math.min(compressed, repaired))} height="8" />
        {repaired > compressed && (
          <rect
            className="recovered-back"
            x={x(compressed)}
            width={x(repaired - compressed)}
            height="8"
          />
        )}
        <rect className="recovered-mark" x={x(original) - 0.6} width="1.2" height="8" />
      </svg>
      <Text size="xs" c="dimmed" aria-hidden="true">
        {formatPercent(compressed)} → {formatPercent(repaired)} of {formatPercent(original)}
      </Text>
    </div>
  );
}
