import { withCompressedStarter } from '../scripts/science/setup.ts';
import { tunePrompt } from '../src/core/tune/prompt.ts';
import { PRESETS } from '../src/shared/presets.ts';
import type { Row } from './screens.ts';

const TOKENS = 20;

/** A prompt as the quick preset tunes it, but for its length, compiling and validation included. */
export function promptTuning(): Promise<Row[]> {
  const options = { ...PRESETS.quick.tuning, tokens: TOKENS, name: 'bench', seed: 0 };
  return withCompressedStarter(async ({ subject, data }) => {
    const start = performance.now();
    await tunePrompt(subject, data(0), options);
    const seconds = (performance.now() - start) / 1000;
    return [
      {
        what: `tuning a prompt of ${TOKENS} tokens on the starter: ${options.steps} steps of ${options.batch}`,
        measured: `${seconds.toFixed(0)} s`,
        target: '≤ 20 s',
      },
    ];
  });
}
