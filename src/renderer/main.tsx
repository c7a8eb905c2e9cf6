import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Bridge } from '../shared/contract-bridge.ts';
import { App } from './app.tsx';
import { ClientContext, createClient } from './client.ts';

declare global {
  interface Window {
    /** Put here by the preload script. */
    readonly kintsugi: Bridge;
  }
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ClientContext value={createClient(window.kintsugi)}>
      <App />
    </ClientContext>
  </StrictMode>,
);
