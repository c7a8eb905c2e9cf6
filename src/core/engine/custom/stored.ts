import * as tf from '@tensorflow/tfjs-core';
import type { TensorEntry } from '../../checkpoint/safetensors.ts';

export const STORED_TENSOR = 'StoredTensor';

/**
 * A weight of a checkpoint as a float32 tensor. Compiled programs point into the file, which the
 * runtime maps; 16-bit floats are widened.
 */
export const storedTensor = (entry: TensorEntry): tf.Tensor =>
  tf.engine().runKernel(STORED_TENSOR, {}, { entry } as unknown as tf.NamedAttrMap) as tf.Tensor;
