import { type ComponentType, lazy, Suspense } from 'react';
import { Empty, Waiting } from './notice.tsx';
import { useFinishedRuns } from './shell/finished-runs.ts';
import { PageErrors } from './shell/page-errors.tsx';
import { pageOf } from './shell/pages.ts';
import { Shell } from './shell/shell.tsx';
import { useLiveLists } from './use-live-lists.ts';
import { type PageProps, useRoute } from './use-route.ts';

const SCREENS: Readonly<Record<string, ComponentType<PageProps>>> = {
  '': lazy(() => import('./home/home-page.tsx').then((m) => ({ default: m.HomePage }))),
  new: lazy(() => import('./wizard/wizard-page.tsx').then((m) => ({ default: m.WizardPage }))),
  runs: lazy(() => import('./runs/runs-page.tsx').then((m) => ({ default: m.RunsPage }))),
  compare: lazy(() =>
    import('./compare/compare-page.tsx').then((m) => ({ default: m.ComparePage })),
  ),
  playground: lazy(() =>
    import('./playground/playground-page.tsx').then((m) => ({ default: m.PlaygroundPage })),
  ),
  models: lazy(() => import('./models/models-page.tsx').then((m) => ({ default: m.ModelsPage }))),
  banks: lazy(() => import('./banks/banks-page.tsx').then((m) => ({ default: m.BanksPage }))),
  sweeps: lazy(() => import('./sweeps/sweeps-page.tsx').then((m) => ({ default: m.SweepsPage }))),
  settings: lazy(() =>
    import('./settings/settings-page.tsx').then((m) => ({ default: m.SettingsPage })),
  ),
};

export function App() {
  useLiveLists();
  const [name = '', ...parts] = useRoute();
  useFinishedRuns(name === 'runs' ? parts[0] : undefined);
  const Screen = SCREENS[name];
  return (
    <Shell page={name} title={pageOf(name)?.title ?? 'Not found'}>
      <PageErrors key={name}>
        <Suspense fallback={<Waiting />}>
          {Screen ? <Screen parts={parts} /> : <NoSuchPage />}
        </Suspense>
      </PageErrors>
    </Shell>
  );
}

function NoSuchPage() {
  return (
    <Empty level={1} title="There is no such page" action={<a href="#/">Go home</a>}>
      The address may have been cut off, or comes from another version of Kintsugi.
    </Empty>
  );
}
