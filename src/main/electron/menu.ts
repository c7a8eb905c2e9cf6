import type { MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  /** Shows a place of the workbench, for example "#/runs". */
  go(place: string): void;
  /** Opens a listed site in the system's browser. */
  openLink(url: string): void;
}

/** In the order of the window's own navigation. */
const PAGES = [
  ['Home', '#/'],
  ['Runs', '#/runs'],
  ['Compare', '#/compare'],
  ['Playground', '#/playground'],
  ['Prompt banks', '#/banks'],
] as const;

const PAPER = 'https://arxiv.org/abs/2310.00867';

/** The application's menus; keys follow each system's habits. No item opens developer tools. */
export function menuTemplate(
  platform: NodeJS.Platform,
  { go, openLink }: MenuActions,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const settings: MenuItemConstructorOptions = {
    label: 'Settings…',
    accelerator: 'CmdOrCtrl+,',
    click: () => go('#/settings'),
  };
  const application: MenuItemConstructorOptions = {
    label: 'Kintsugi',
    submenu: [
      { role: 'about' },
      { type: 'separator' },
      settings,
      { type: 'separator' },
      { role: 'services' },
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
  return [
    ...(mac ? [application] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New repair', accelerator: 'CmdOrCtrl+N', click: () => go('#/new') },
        { type: 'separator' },
        ...(mac ? [] : [settings, { type: 'separator' } as const]),
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: PAGES.map(([label, place], i) => ({
        label,
        accelerator: `CmdOrCtrl+${i + 1}`,
        click: () => go(place),
      })),
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        { label: 'The idea', click: () => go('#/') },
        { label: 'The paper', click: () => openLink(PAPER) },
        { type: 'separator' },
        { label: 'Copy diagnostics…', click: () => go('#/settings') },
      ],
    },
  ];
}
