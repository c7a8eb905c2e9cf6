import { decoderFamily } from '../decoder.ts';
import { parseSmolLm3Config } from './config.ts';

/** SmolLM3: LLaMA in which every fourth layer is not told positions (NoPE). */
export const smolLm3 = decoderFamily({
  architecture: 'SmolLM3ForCausalLM',
  parseConfig: parseSmolLm3Config,
});
