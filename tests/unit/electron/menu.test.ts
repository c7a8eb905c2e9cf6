import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { menuTemplate } from '../../../src/main/electron/menu.ts';

const actions = { go: () => undefined, openLink: () => undefined };

const flat = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [
    item,
    ...flat((Array.isArray(item.submenu) ? item.submenu : []) as MenuItemConstructorOptions[]),
  ]);

describe.each(['linux', 'win32', 'darwin'] as const)('menus on %s', (platform) => {
  const items = flat(menuTemplate(platform, actions));
  const accelerators = items.flatMap(({ accelerator }) => accelerator ?? []);
  const roles = items.flatMap(({ role }) => role ?? []);

  it('use every key once, and none that the pages take', () => {
    expect(new Set(accelerators).size).toBe(accelerators.length);
    expect(accelerators).not.toContain('CmdOrCtrl+K');
    expect(accelerators).toEqual(
      expect.arrayContaining(['CmdOrCtrl+N', 'CmdOrCtrl+,', 'CmdOrCtrl+1']),
    );
  });

  it('can quit, edit and zoom, and open no developer tools', () => {
    expect(roles).toEqual(
      expect.arrayContaining(['quit', 'editMenu', 'zoomIn', 'togglefullscreen']),
    );
    expect(roles).not.toContain('toggleDevTools');
    expect(roles).not.toContain('forceReload');
  });

  it('have the application’s own menu only on a Mac', () => {
    expect(roles.includes('hideOthers')).toBe(platform === 'darwin');
  });
});
