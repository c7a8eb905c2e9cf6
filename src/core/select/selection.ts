import * as tf from '@tensorflow/tfjs-core';
import type { Forward, Model } from '../models/model.ts';
import { classifierScores } from './classifier.ts';
import { calibrated, idp } from './idp.ts';
import type { SelectorInput } from './input.ts';
import { keyScores } from './key.ts';
import { mixturePrompt, mixtureWeights } from './mixture.ts';
import { mixedForward, promptedForward } from './prompted.ts';
import type { Selector } from './selector.ts';

export interface Selection {
  /** [batch] int32: the prompt that is kept; of a mixture, the one of most weight. */
  readonly choice: tf.Tensor;
  /** [batch, count]: what decided; the largest is kept. */
  readonly scores?: tf.Tensor;
  /** The model over [the chosen prompt, input]. */
  forward(): Forward;
}

/** Chooses a prompt for every input of a batch, inside the program that then runs the model. */
export function selectPrompt(model: Model, selector: Selector, input: SelectorInput): Selection {
  const { bank, prompts, x } = input;
  const batch = x.shape[0]!;
  const kept = (choice: tf.Tensor): Selection => ({
    choice,
    forward: () => promptedForward(model, bank, prompts, choice, x),
  });
  const highest = (scores: tf.Tensor): Selection => ({ ...kept(tf.argMax(scores, 1)), scores });
  switch (selector.kind) {
    case 'fixed':
      return kept(tf.fill([batch], selector.prompt, 'int32'));
    case 'random':
      return kept(input.drawn!);
    case 'key':
      return highest(keyScores(selector, input));
    case 'classifier':
      return highest(classifierScores(selector, input));
    case 'idp': {
      const { scores, forward } = idp(model, input, selector.layer);
      const choice = tf.argMax(scores, 1);
      return { choice, scores, forward: () => forward(choice) };
    }
    case 'idp-calibrated': {
      const { scores: raw, forward } = idp(model, input, selector.layer);
      const scores = calibrated(selector, raw);
      const choice = tf.argMax(scores, 1);
      return { choice, scores, forward: () => forward(choice) };
    }
    case 'mixture': {
      const scores = mixtureWeights(selector, input);
      return {
        choice: tf.argMax(scores, 1),
        scores,
        forward: () => mixedForward(model, mixturePrompt(prompts, scores), x),
      };
    }
  }
}
