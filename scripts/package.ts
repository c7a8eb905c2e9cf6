// `npm run package`: builds the app and packs it for this system; needs Electron's program.
import { build } from './build.ts';
import { binaryOf, runNode } from './tools.ts';

const { status } = await build('show');
process.exitCode =
  status === 0
    ? (
        await runNode(
          [binaryOf('electron-builder'), '--config', 'electron-builder.config.mjs'],
          'show',
        )
      ).status
    : status;
