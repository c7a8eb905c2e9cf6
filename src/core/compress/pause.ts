import { setImmediate } from 'node:timers/promises';
import { KintsugiError } from '../../shared/errors.ts';

/**
 * Lets messages in (an abort among them), then stops if one asked for it.
 * @throws KintsugiError CANCELLED
 */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted)
    throw new KintsugiError('CANCELLED', 'Compression was stopped', {
      next: 'Run it again with the same settings: it goes on from the last finished block.',
    });
}
