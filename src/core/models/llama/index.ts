import { decoderFamily } from '../decoder.ts';
import { parseLlamaConfig } from './config.ts';

/** LLaMA 1 to 3.3 (arXiv 2302.13971, 2407.21783), and all that is built like it, SmolLM among them. */
export const llama = decoderFamily({
  architecture: 'LlamaForCausalLM',
  parseConfig: parseLlamaConfig,
});
