import { isObject } from '../../checkpoint/json.ts';
import { decoderFamily } from '../decoder.ts';
import { parseGemma3Config } from './config.ts';

/** The text part of a model that also reads pictures, by either of its two naming schemes. */
function tensorName(name: string): string | undefined {
  if (/(^|\.)(vision_tower|multi_modal_projector)\./.test(name)) return undefined;
  return name
    .replace(/^(model\.)?language_model\.(model\.)?(?=embed_tokens|layers|norm)/, 'model.')
    .replace(/^language_model\.(?=lm_head)/, '');
}

/**
 * Gemma 3, text (arXiv 2503.19786): Gemma 2 with normed queries and keys instead of squeezed
 * scores, and five layers with a window to one without, each kind with its own rotary embedding.
 */
export const gemma3 = decoderFamily(
  {
    architecture: 'Gemma3ForCausalLM',
    within: ['Gemma3ForConditionalGeneration'],
    queryKeyNorm: true,
    sandwichNorms: true,
    onePlusNorms: true,
    parseConfig: parseGemma3Config,
  },
  {
    tensorName,
    textConfig(json) {
      const text = json['text_config'];
      if (!isObject(text)) return json;
      const { torch_dtype, dtype = torch_dtype } = json;
      return { dtype, ...text, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' };
    },
  },
);
