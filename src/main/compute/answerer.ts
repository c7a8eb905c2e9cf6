import type { Engine } from '../../core/engine/program.ts';
import type { Continuer } from '../../core/evaluate/answer.ts';
import { type Arm, freePositions } from '../../core/evaluate/arm.ts';
import { createScorer, type Scorer } from '../../core/evaluate/score.ts';
import { createGenerator, type Generator } from '../../core/generate/generate.ts';

/** Scores and continues under one arm; what continuing needs is made when first asked for. */
export function createAnswerer(engine: Engine, arm: Arm): Scorer & Continuer {
  const scorer = createScorer(engine, arm);
  let generator: Generator | undefined;
  return {
    score: scorer.score,
    room: freePositions(arm),
    continue(ids, options) {
      generator ??= createGenerator(engine, arm);
      return generator.generate(ids, { ...options, temperature: 0, topK: 0, topP: 1 });
    },
    async release() {
      await scorer.release();
      await generator?.release();
    },
  };
}
