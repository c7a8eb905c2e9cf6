import type { Doctor } from '../../../shared/contract/system.ts';
import { inspectMachine } from '../doctor.ts';

async function doctor(_: null): Promise<Doctor> {
  const { node, engine, devices } = await inspectMachine();
  return {
    node,
    engine,
    devices: devices.map(({ device, usable, reason }) => ({
      name: device,
      available: usable,
      reason: reason ?? '',
    })),
  };
}

export const systemTasks = { 'system.doctor': doctor };
