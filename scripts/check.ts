// `npm run check`: everything that can be known without running the program.
import { join } from 'node:path';
import { binaryOf, type Finished, ROOT, runNode, typeCheckedFolders } from './tools.ts';

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

export interface CheckOutcome {
  readonly passed: number;
  readonly failed: number;
}

/** Two at a time: the compiler keeps one core busy, and two fit the smallest machine we support. */
const CONCURRENCY = 2;

function steps(): Step[] {
  const types = typeCheckedFolders().map((folder) => ({
    name: `types ${folder}`,
    // What has not changed since the last check is not checked again.
    args: [
      ...[binaryOf('typescript', 'tsc'), '-p', folder, '--pretty', 'false'],
      ...['--incremental', '--tsBuildInfoFile', buildInfo(folder)],
    ],
  }));
  return [
    ...types,
    {
      name: 'format and lint',
      args: [
        binaryOf('@biomejs/biome', 'biome'),
        ...['ci', '--colors=off', '--error-on-warnings', '--diagnostic-level=warn', '.'],
      ],
    },
    {
      name: 'layers',
      args: [
        binaryOf('dependency-cruiser', 'depcruise'),
        ...['--config', '.dependency-cruiser.mjs', 'src', 'tests', 'scripts', 'bench'],
      ],
    },
    { name: 'unused code', args: [binaryOf('knip'), '--no-progress'] },
  ];
}

const buildInfo = (folder: string) =>
  join(ROOT, '.cache', `types-${folder.replace('/', '-')}.tsbuildinfo`);

function report({ name }: Step, { status, output }: Finished): void {
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (status !== 0) console.log(output.trim().replace(/^/gm, '     '));
}

/** Runs every step, whatever the others say, and prints what failed. */
export async function check(): Promise<CheckOutcome> {
  const waiting = steps();
  const outcome = { passed: 0, failed: 0 };
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const finished = await runNode(step.args, 'collect');
      report(step, finished);
      outcome[finished.status === 0 ? 'passed' : 'failed'] += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return outcome;
}

if (import.meta.main) {
  const { failed } = await check();
  process.exitCode = failed === 0 ? 0 : 1;
}
