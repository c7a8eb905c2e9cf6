import { decoderFamily } from '../decoder.ts';
import { parsePhi3Config } from './config.ts';

/** Phi-3, Phi-3.5 and Phi-4-mini (arXiv 2404.14219): fused projections, LongRoPE. */
export const phi3 = decoderFamily({
  architecture: 'Phi3ForCausalLM',
  fused: true,
  parseConfig: parsePhi3Config,
});
