// `npm run build`: the app's main process, preload script and renderer, into out/.
import { binaryOf, runNode } from './tools.ts';

export async function build(output: 'collect' | 'show') {
  return runNode([binaryOf('electron-vite'), 'build'], output);
}

if (import.meta.main) {
  const { status } = await build('show');
  process.exitCode = status;
}
