import { decoderFamily } from '../decoder.ts';
import { parseGemma2Config } from './config.ts';

/**
 * Gemma 2 (arXiv 2408.00118): norms before and behind, squeezed scores and logits, a window in
 * every second layer. Token embeddings are scaled by √hidden, soft prompts are not.
 */
export const gemma2 = decoderFamily({
  architecture: 'Gemma2ForCausalLM',
  sandwichNorms: true,
  onePlusNorms: true,
  parseConfig: parseGemma2Config,
});
