import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { env } from 'onnxruntime-node';
import { type DeviceReport, probeDevices } from '../../core/engine/devices.ts';

export interface MachineReport {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly engine: { readonly onnxruntime: string; readonly tfjs: string };
  /** Every device, tried on a small gradient. */
  readonly devices: readonly DeviceReport[];
}

/** What this machine can compute with. Takes a second or two: the devices are really used. */
export async function inspectMachine(): Promise<MachineReport> {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    engine: { onnxruntime: env.versions.node ?? env.versions.common, tfjs: tf.version_core },
    devices: (await probeDevices()).map(inShort),
  };
}

const inShort = ({ reason, ...report }: DeviceReport): DeviceReport =>
  reason === undefined ? report : { ...report, reason: shortReason(reason) };

/**
 * What is missing, as a person wants to read it: libraries report failures over several lines, with
 * the condition in their source that failed before the sentence that says why.
 */
export function shortReason(reason: string): string {
  const [line] = reason.split('\n') as [string];
  return line
    .replace(/\S+\.(?:cc|cpp|h):\d+ .*? was false\.\s*/, '')
    .replace(/ imported from \S+$/, '')
    .trim();
}
