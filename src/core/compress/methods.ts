import type { CompressionOptions } from '../../shared/compression.ts';
import { gptq } from './gptq.ts';
import { magnitude } from './magnitude.ts';
import type { Compressor } from './method.ts';
import { rtn } from './rtn.ts';
import { sparsegpt } from './sparsegpt.ts';
import { wanda } from './wanda.ts';

/** The method that the options name. */
export function compressorOf(options: CompressionOptions): Compressor {
  switch (options.method) {
    case 'gptq':
      return gptq(options);
    case 'rtn':
      return rtn(options);
    case 'sparsegpt':
      return sparsegpt(options);
    case 'wanda':
      return wanda(options);
    case 'magnitude':
      return magnitude(options);
  }
}
