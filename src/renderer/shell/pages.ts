import type { ComponentType } from 'react';
import {
  BanksIcon,
  CompareIcon,
  HomeIcon,
  ModelsIcon,
  PlaygroundIcon,
  RepairIcon,
  RunsIcon,
  SettingsIcon,
  SweepsIcon,
} from '../components/icons.tsx';

export interface Page {
  /** First part of the address after "#/". */
  readonly name: string;
  readonly title: string;
  readonly Icon: ComponentType<{ size?: number }>;
  /** Pressed after "g". */
  readonly key: string;
}

export const PAGES: readonly Page[] = [
  { name: '', title: 'Home', Icon: HomeIcon, key: 'h' },
  { name: 'new', title: 'New repair', Icon: RepairIcon, key: 'n' },
  { name: 'runs', title: 'Runs', Icon: RunsIcon, key: 'r' },
  { name: 'sweeps', title: 'Sweeps', Icon: SweepsIcon, key: 'w' },
  { name: 'compare', title: 'Compare', Icon: CompareIcon, key: 'c' },
  { name: 'playground', title: 'Playground', Icon: PlaygroundIcon, key: 'p' },
  { name: 'models', title: 'Models', Icon: ModelsIcon, key: 'm' },
  { name: 'banks', title: 'Prompt banks', Icon: BanksIcon, key: 'b' },
  { name: 'settings', title: 'Settings', Icon: SettingsIcon, key: 's' },
];

export const pageOf = (name: string | undefined): Page | undefined =>
  PAGES.find((page) => page.name === (name ?? ''));

/** Address of a place in the workbench: `hrefTo('runs', id)`. */
export const hrefTo = (...parts: readonly string[]): string =>
  `#/${parts.map(encodeURIComponent).join('/')}`;

export function goTo(...parts: readonly string[]): void {
  window.location.hash = hrefTo(...parts);
}
