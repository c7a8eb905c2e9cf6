import { createEngine } from '../src/core/engine/index.ts';
import { createScorer, type Sequence } from '../src/core/evaluate/score.ts';
import { createRandom } from '../src/core/random.ts';
import { stackBank } from '../src/core/select/bank.ts';
import type { Selector } from '../src/core/select/selector.ts';
import { median, times } from './measure.ts';
import { withRandomModel } from './random-model.ts';
import type { Row } from './screens.ts';

const LAYERS = 12;
const INPUT = 64;
const PROMPTS = 3;
const TOKENS = 20;
const ROUNDS = 5;

/** An input's answer with IDP's choice among a bank, against one fixed prompt of it: in turn. */
export function idpOverhead(threads: number): Promise<Row[]> {
  return withRandomModel(LAYERS, 32, async (model) => {
    const random = createRandom(5, 'idp overhead');
    const width = model.config.embeddingSize;
    const numbers = () => Float32Array.from({ length: TOKENS * width }, () => random.normal() / 50);
    const prompts = Array.from({ length: PROMPTS }, (_, i) => ({
      name: `${i}`,
      tokens: TOKENS,
      width,
      embeddings: numbers(),
    }));
    const ids = Array.from({ length: INPUT + 1 }, () =>
      random.integer(model.config.vocabularySize),
    );
    const input: Sequence[] = [{ ids, scored: 1 }];
    const engine = await createEngine({ threads });
    const bank = stackBank(prompts);
    const open = (selector: Selector) => createScorer(engine, { model, bank, selector });
    const fixed = open({ kind: 'fixed', prompt: 0 });
    const rows: Row[] = [];
    for (const layer of [0, LAYERS / 2, LAYERS - 1]) {
      const chosen = open({ kind: 'idp', layer });
      const ratios: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const base = median(await times(() => fixed.score(input, { batch: 1 }), 7));
        ratios.push(median(await times(() => chosen.score(input, { batch: 1 }), 7)) / base - 1);
      }
      await chosen.release();
      rows.push({
        what: `IDP at block ${layer} of ${LAYERS}, ${PROMPTS} prompts of ${TOKENS}, over a fixed prompt, ${INPUT} tokens`,
        measured: `${(100 * median(ratios)).toFixed(1)}% more time`,
        target: layer === 0 ? '≤ 10%' : '–',
      });
    }
    await fixed.release();
    return rows;
  });
}
