import { openCheckpoint } from '../../core/checkpoint/folder.ts';
import {
  type Conversion,
  type ConversionRun,
  convertModel,
  type ModelFormat,
} from '../../core/compress/convert.ts';
import { modelFolder } from './starter.ts';

/** Writes a quantised model folder in another format. @throws as `convertModel` */
export async function exportModel(
  model: string,
  format: ModelFormat,
  out: string,
  run: ConversionRun,
): Promise<Conversion> {
  return convertModel(await openCheckpoint(modelFolder(model)), out, format, run);
}
