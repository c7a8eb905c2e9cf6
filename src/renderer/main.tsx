import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Bridge } from '../shared/contract/bridge.ts';
import { App } from './app.tsx';
import { CallError, ClientContext, createClient } from './client.ts';
import { ToastsProvider } from './shell/toasts.tsx';
import { adoptTheme, colorScheme, theme } from './theme.ts';

declare global {
  interface Window {
    /** Put here by the preload script; a browser has none. */
    readonly kintsugi?: Bridge;
  }
}

const MOST_RETRIES = 3;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      refetchOnWindowFocus: false,
      // A clear refusal stays one; only a lost connection is tried again.
      retry: (count, error) =>
        count < MOST_RETRIES && error instanceof CallError && error.report.code === 'UNREACHABLE',
    },
  },
});

// Electron's menus go to places of the workbench.
window.kintsugi?.listen((message) => {
  if (message.kind === 'go') window.location.hash = message.place;
});

adoptTheme();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <ClientContext value={createClient(window.kintsugi)}>
          <ToastsProvider>
            <App />
          </ToastsProvider>
        </ClientContext>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
