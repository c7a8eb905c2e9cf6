import type { Command } from 'commander';
import { databasePath } from '../../home.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { formatBytes, formatTable } from '../format.ts';

export function addDoctorCommand(program: Command, addAction: AddAction): void {
  addAction(
    program.command('doctor').description('what was found: engine, threads, memory, devices'),
    (_, context) => doctor(context),
  );
}

async function doctor(context: Context): Promise<Outcome> {
  const { inspectMachine } = await import('../../compute/doctor.ts');
  // Opening the store is a check of its own: it must be sound and writable.
  const database = await withStore(context, async () => databasePath(context.home));
  const machine = await inspectMachine();
  const { node, platform, processor, threads, memory, engine, devices } = machine;
  const facts = [
    ['Node', `${node} on ${platform}`],
    ['processor', `${processor}, ${threads} threads`],
    ['memory', `${formatBytes(memory.free)} free of ${formatBytes(memory.total)}`],
    ['engine', `ONNX Runtime ${engine.onnxruntime}, tfjs ${engine.tfjs}`],
    ['database', database],
  ];
  const width = Math.max(...facts.map(([name]) => name!.length));
  const table = formatTable([
    ['device', 'usable', 'ms per step', 'error against CPU'],
    ...devices.map((report) => [
      report.device,
      report.usable ? 'yes' : 'no',
      report.milliseconds?.toFixed(1) ?? '',
      report.relativeError?.toExponential(1) ?? '',
    ]),
  ]);
  const reasons = devices.flatMap(({ device, reason }) =>
    reason === undefined ? [] : [`${device}: ${reason}`],
  );
  const lines = facts.map(([name, value]) => `${name!.padEnd(width)}  ${value}`);
  return {
    document: { ...machine, database },
    text: [...lines, '', table, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n'),
  };
}
