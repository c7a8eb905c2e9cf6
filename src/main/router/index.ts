import { bankHandlers } from './banks.ts';
import type { Handlers } from './handlers.ts';
import { createRouter, type Router } from './router.ts';
import { runHandlers } from './runs.ts';
import type { Services } from './services.ts';
import { systemHandlers } from './system.ts';
import { wizardHandlers } from './wizard.ts';

/** The contract over the main process's services. */
export function openRouter(services: Services): Router {
  const handlers = {
    ...systemHandlers(services),
    ...wizardHandlers(services),
    ...runHandlers(services),
    ...bankHandlers(services),
  };
  return createRouter(handlers as unknown as Handlers);
}
