import type { ExtraInputs } from './objective.ts';

/** Name of the mask of given tokens among an adaptation's inputs. */
export const GIVEN_MASK = 'batch.given';

/**
 * [size, length]: 1 at the tokens of a batch that are only read. A prompt is chosen by what is
 * given, never by what is to be learned.
 */
export const givenMask: ExtraInputs = {
  specs: (_kind, { size, length }) => ({
    [GIVEN_MASK]: { shape: [size, length], dtype: 'float32' },
  }),
  feeds: (_kind, { size, length, given }) => {
    const mask = new Float32Array(size * length);
    for (let b = 0; b < size; b++) mask.fill(1, b * length, b * length + (given[b] ?? 1));
    return { [GIVEN_MASK]: mask };
  },
};

/** Several adaptations' inputs as one's. */
export const joinInputs = (...inputs: readonly (ExtraInputs | undefined)[]): ExtraInputs => ({
  specs: (...args) => Object.assign({}, ...inputs.map((input) => input?.specs(...args))),
  feeds: (...args) => Object.assign({}, ...inputs.map((input) => input?.feeds(...args))),
});
