// `npm run format`: rewrites what Biome can put right by itself.
import { binaryOf, runNode } from './tools.ts';

const { status } = await runNode(
  [binaryOf('@biomejs/biome', 'biome'), 'check', '--write', '.'],
  'show',
);
process.exitCode = status;
