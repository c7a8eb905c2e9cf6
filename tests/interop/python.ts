import { execFile, execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Python with reference tools; the product needs none. */
const PYTHON = process.env['KINTSUGI_PYTHON'] ?? 'python3';

/** Whether that Python has all of these; where not, says that tests are skipped. */
export function hasModules(...modules: readonly string[]): boolean {
  const found = `import importlib.util as u; print(*[m for m in ${JSON.stringify(modules)} if not u.find_spec(m)])`;
  try {
    const missing = execFileSync(PYTHON, ['-c', found], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (missing.toString().trim() === '') return true;
  } catch {
    // No such program: the message below says it all.
  }
  console.log(
    `Skipped: ${PYTHON} lacks ${modules.join(', ')}; KINTSUGI_PYTHON names one that has.`,
  );
  return false;
}

/** Runs a script of this folder; resolves to what it prints. */
export function python(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, script);
    // gptqmodel writes logs where it is started.
    const options = { cwd: tmpdir(), maxBuffer: 2 ** 28, env: { ...process.env, ...env } };
    execFile(PYTHON, [file, ...args], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${script} failed:\n${stderr.slice(-4000)}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
