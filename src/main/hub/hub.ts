import { createHubFetch } from './fetch.ts';
import { type HubSettings, hubSettings } from './settings.ts';

/** The hub as one user of this machine sees it. */
export interface Hub {
  /** Read anew at every use: the token's file may change meanwhile. */
  settings(): HubSettings;
  /** What the functions of @huggingface/hub need besides their own parameters. */
  access(what: string): { readonly hubUrl: string; readonly fetch: typeof fetch };
}

/** @param savedToken the access token kept in the program's settings, if there is one */
export function openHub(savedToken: () => string | undefined = () => undefined): Hub {
  const settings = () => hubSettings(process.env, savedToken());
  return {
    settings,
    access(what) {
      const now = settings();
      return { hubUrl: now.endpoint, fetch: createHubFetch(now, { what }) };
    },
  };
}
