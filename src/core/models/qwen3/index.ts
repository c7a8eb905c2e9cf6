import { decoderFamily } from '../decoder.ts';
import { parseQwen3Config } from './config.ts';

/** Qwen3, dense (arXiv 2505.09388): queries and keys are normed per head. */
export const qwen3 = decoderFamily({
  architecture: 'Qwen3ForCausalLM',
  queryKeyNorm: true,
  parseConfig: parseQwen3Config,
});
