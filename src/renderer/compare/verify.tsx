import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { Verification } from '../../shared/contract/compare.ts';
import type { Input } from '../../shared/contract/index.ts';
import { formatDuration } from '../format.ts';
import { Failure } from '../notice.tsx';
import { reportOf, useClient } from '../use-call.ts';

type State =
  | { readonly state: 'idle' | 'working' }
  | { readonly state: 'done'; readonly verification: Verification }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Computes one stored answer again, from the files as they are now. */
export function Verify({ input }: { input: Input<'compare.verify'> }) {
  const client = useClient();
  const [shown, setShown] = useState<State>({ state: 'idle' });
  const verify = async () => {
    setShown({ state: 'working' });
    try {
      setShown({ state: 'done', verification: await client.call('compare.verify', input) });
    } catch (error) {
      setShown({ state: 'failed', error: reportOf(error) });
    }
  };
  return (
    <div className="verify" aria-live="polite">
      <Button
        size="compact-xs"
        variant="default"
        loading={shown.state === 'working'}
        onClick={() => void verify()}
      >
        Verify
      </Button>
      {shown.state === 'failed' && <Failure error={shown.error} retry={() => void verify()} />}
      {shown.state === 'done' && <Verdict verification={shown.verification} />}
    </div>
  );
}

function Verdict({ verification }: { verification: Verification }) {
  const { same, largestDifference, tolerance, hashes, seconds, recomputed, stored } = verification;
  const changed = hashes.filter((hash) => hash.stored !== hash.recomputed);
  return (
    <div className={`verification ${same ? 'same' : 'changed'}`}>
      <Text fw={600}>{same ? 'The same again' : 'Not the same'}</Text>
      <Text size="sm">
        {same
          ? `Computed again from the files in ${formatDuration(1000 * seconds)}: same hashes, same answer, scores within ${largestDifference.toExponential(0)}.`
          : differences(stored, recomputed, largestDifference, tolerance)}
      </Text>
      {!same && changed.length === 0 && (
        <Text size="sm">
          The files are those that were measured: this version of Kintsugi computes it otherwise.
        </Text>
      )}
      {changed.map(({ what, recomputed: now }) => (
        <Text size="sm" key={what}>
          The {what} on disk are not those that were measured: they hash to {now.slice(0, 12)} now.
        </Text>
      ))}
    </div>
  );
}

function differences(
  stored: Verification['stored'],
  recomputed: Verification['recomputed'],
  largest: number,
  tolerance: number,
): string {
  const found = [
    stored.correct !== recomputed.correct &&
      `The answer is ${recomputed.correct ? 'right' : 'wrong'} now`,
    stored.prompt !== recomputed.prompt && `The chosen prompt is "${recomputed.prompt}" now`,
    largest > tolerance && `A score differs by ${largest.toPrecision(2)}`,
  ].filter((text) => text !== false);
  return found.length === 0
    ? 'The answer is the same, but not what made it.'
    : `${found.join('. ')}.`;
}
