import { type EngineOptions, fastest, openDevice, probeDevices } from './devices.ts';
import type { DeviceName, Engine } from './program.ts';

export interface CreateEngineOptions extends EngineOptions {
  /** `auto` takes the fastest device that passes the self-check. */
  readonly device?: DeviceName | 'auto';
}

/** The engine to run programs with; its `device` says which one it is. */
export async function createEngine(options: CreateEngineOptions = {}): Promise<Engine> {
  const { device = 'cpu', ...rest } = options;
  if (device !== 'auto') return openDevice(device, rest);
  return openDevice(fastest(await probeDevices(rest)).device, rest);
}
