import { RunsPage } from './runs/runs-page.tsx';
import { useRoute } from './use-route.ts';

export function App() {
  const [, id] = useRoute();
  return (
    <>
      <header className="bar">
        <h1 className="mark">Kintsugi</h1>
        <nav aria-label="Pages">
          <a href="#/runs" aria-current="page">
            Runs
          </a>
        </nav>
      </header>
      <main>
        <RunsPage selected={id} />
      </main>
    </>
  );
}
