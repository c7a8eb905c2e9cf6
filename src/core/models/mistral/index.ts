import { decoderFamily } from '../decoder.ts';
import { parseMistralConfig } from './config.ts';

/** Mistral (arXiv 2310.06825): LLaMA with a sliding window in every layer. */
export const mistral = decoderFamily({
  architecture: 'MistralForCausalLM',
  parseConfig: parseMistralConfig,
});
