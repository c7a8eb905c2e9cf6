import { expect, test } from 'vitest';
import { shortReason } from '../../../src/main/compute/doctor.ts';

test.each([
  [
    '/onnx/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::Initialize(const Config&)::<lambda()> status == Success was false. Failed to get a WebGPU adapter: No supported adapters\nmore',
    'Failed to get a WebGPU adapter: No supported adapters',
  ],
  [
    "needs a package, which did not load: Cannot find package '@tensorflow/tfjs-node-gpu' imported from /home/somebody/kintsugi/devices.ts",
    "needs a package, which did not load: Cannot find package '@tensorflow/tfjs-node-gpu'",
  ],
  ['its result differs from the CPU', 'its result differs from the CPU'],
])('a reason says what is missing, and no path', (reason, short) => {
  expect(shortReason(reason)).toBe(short);
});
