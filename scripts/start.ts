// `npm start`: the workbench in Electron where its program and a display exist, else in the browser.
// Options after `--` go to the browser's host: --home <folder>, --port <number>, --browser.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { ELECTRON, electronProgram, hasDisplay } from './electron.ts';
import { ROOT, runNode } from './tools.ts';

const BUILT = join(ROOT, 'out', 'renderer', 'index.html');
/** How long Electron's own download may take to find out that it has no network. */
const FETCH_PATIENCE = 120_000;

/** Electron's program; its package fetches it on first use, which needs a network. */
async function findElectron(): Promise<string | undefined> {
  const given = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (given === undefined && !(await isFetched())) return undefined;
  return electronProgram();
}

async function isFetched(): Promise<boolean> {
  if (existsSync(join(ELECTRON, 'path.txt'))) return true;
  const late = new Promise<{ status: number }>((done) => {
    setTimeout(() => done({ status: 1 }), FETCH_PATIENCE).unref();
  });
  const { status } = await Promise.race([runNode([join(ELECTRON, 'install.js')], 'collect'), late]);
  return status === 0;
}

/** Whether any file that the build reads is younger than what it made. */
function needsBuild(): boolean {
  if (!existsSync(BUILT)) return true;
  const built = statSync(BUILT).mtimeMs;
  return ['src', 'electron.vite.config.ts', 'package.json'].some((path) => youngest(path) > built);
}

function youngest(path: string): number {
  const full = join(ROOT, path);
  const stats = statSync(full);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(full).map((name) => youngest(join(path, name))));
}

async function buildWhereNeeded(): Promise<void> {
  if (!needsBuild()) return;
  const { status, output } = await build('collect');
  if (status === 0) return;
  console.error(output);
  process.exit(1);
}

function openBrowser(url: string): void {
  if (!hasDisplay()) return;
  const [command, ...args] = {
    darwin: ['open'],
    win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  }[process.platform as string] ?? ['xdg-open'];
  spawn(command!, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

/** Runs the host until it ends, opening its address where there is a browser. */
function serve(args: readonly string[]): void {
  const host = join(ROOT, 'src', 'main', 'host', 'index.ts');
  const child = spawn(process.execPath, [host, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    if (text.includes('\n')) return;
    text += chunk.toString();
    const url = /http:\S+/.exec(text)?.[0];
    if (url !== undefined && text.includes('\n')) openBrowser(url);
  });
  child.on('close', (code) => process.exit(code ?? 1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
}

/** Why there is no window, or Electron's program. */
async function chooseWindow(inBrowser: boolean): Promise<{ program?: string; why?: string }> {
  if (inBrowser) return { why: 'As asked' };
  if (!hasDisplay()) return { why: 'There is no display for a window' };
  const program = await findElectron();
  return program === undefined
    ? { why: "Electron's program could not be fetched from its host" }
    : { program };
}

const args = process.argv.slice(2);
const { program, why } = await chooseWindow(args.includes('--browser'));
await buildWhereNeeded();
if (program !== undefined) {
  spawn(program, [ROOT], { stdio: 'inherit' }).on('close', (code) => process.exit(code ?? 1));
} else {
  console.log(`${why}: the workbench opens in your browser instead.`);
  serve(args.filter((arg) => arg !== '--browser'));
}
