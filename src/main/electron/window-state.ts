import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';

const size = z.int().min(200).max(20_000);
const place = z.int().min(-20_000).max(20_000);
const boundsSchema = z.strictObject({ x: place, y: place, width: size, height: size });

const fileIn = (home: string): string => join(home, 'window.json');

/** Where the window was when it was last closed; undefined when that is not known or not sensible. */
export function readBounds(home: string): Rectangle | undefined {
  try {
    return boundsSchema.parse(JSON.parse(readFileSync(fileIn(home), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Remembers the window's place when it closes. A place that cannot be written is not worth a word. */
export function keepBounds(window: BrowserWindow, home: string): void {
  window.on('close', () => {
    try {
      writeFileSync(fileIn(home), JSON.stringify(window.getNormalBounds()));
    } catch {}
  });
}
