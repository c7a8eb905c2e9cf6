import { decoderFamily } from '../decoder.ts';
import { parseQwen2Config } from './config.ts';

/** Qwen2 and Qwen2.5 (arXiv 2407.10671, 2412.15115): LLaMA with biases on q, k and v. */
export const qwen2 = decoderFamily({
  architecture: 'Qwen2ForCausalLM',
  parseConfig: parseQwen2Config,
});
