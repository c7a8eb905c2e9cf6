import { bankHandlers } from './banks.ts';
import { compareHandlers } from './compare.ts';
import type { Handlers } from './handlers.ts';
import { hubHandlers } from './hub.ts';
import { libraryHandlers } from './library.ts';
import { playgroundHandlers } from './playground.ts';
import { createRouter, type Router } from './router.ts';
import { runHandlers } from './runs.ts';
import type { Services } from './services.ts';
import { sweepHandlers } from './sweeps.ts';
import { systemHandlers } from './system.ts';
import { wizardHandlers } from './wizard.ts';

/** The contract over the main process's services. */
export function openRouter(services: Services): Router {
  const handlers: Handlers = {
    ...systemHandlers(services),
    ...wizardHandlers(services),
    ...runHandlers(services),
    ...compareHandlers(services),
    ...playgroundHandlers(services),
    ...bankHandlers(services),
    ...hubHandlers(services),
    ...libraryHandlers(services),
    ...sweepHandlers(services),
  };
  return createRouter(handlers);
}
