import { resolve } from 'node:path';
import { _electron, type Page, type PlaywrightTestOptions } from '@playwright/test';
import { electronProgram } from '../../scripts/electron.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * The built app in its own window, on a data folder that a host may have open as well: both are ways
 * in to one database.
 */
export async function openWindow(
  home: string,
  { colorScheme, viewport }: Pick<PlaywrightTestOptions, 'colorScheme' | 'viewport'>,
): Promise<{ readonly window: Page; readonly close: () => Promise<void> }> {
  const app = await _electron.launch({
    executablePath: electronProgram()!,
    // Chromium's own sandbox needs a user other than root.
    args: [ROOT, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    env: { ...(process.env as Record<string, string>), KINTSUGI_HOME: home },
    acceptDownloads: true,
  });
  const window = await app.firstWindow();
  await window.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  if (viewport) await window.setViewportSize(viewport);
  return { window, close: () => app.close() };
}
