import { build } from '../../scripts/build.ts';

/** The suite looks at what users get: the built renderer. */
export default async function buildOnce(): Promise<void> {
  if (process.env['KINTSUGI_BUILT'] === '1') return;
  const { status, output } = await build('collect');
  if (status !== 0) throw new Error(`The build failed:\n${output}`);
}
