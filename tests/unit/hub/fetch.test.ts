import { afterEach, expect, it, vi } from 'vitest';
import { createHubFetch } from '../../../src/main/hub/fetch.ts';
import { hubSettings } from '../../../src/main/hub/settings.ts';

const settings = hubSettings({ HF_ENDPOINT: 'https://hub.example', HF_TOKEN: 'hf_secret' });
const asking = createHubFetch(settings, { what: 'org/m', answerMs: 20 });

afterEach(() => vi.restoreAllMocks());

/** What the network would answer, by address. */
function network(answer: (url: string, init: RequestInit) => Response | Promise<Response>) {
  return vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async (url, init = {}) => answer(String(url), init));
}
const sentTo = (location: string) => new Response(null, { status: 302, headers: { location } });

it.each(['http://files.example/x', 'file:///etc/passwd', 'ftp://files.example/x', 'http://'])(
  'does not follow a secure hub to %s',
  async (location) => {
    const asked = network(() => sentTo(location));
    await expect(asking('https://hub.example/a')).rejects.toMatchObject({
      code: 'HUB_FAILED',
      message: expect.stringMatching(/not secure/),
    });
    expect(asked).toHaveBeenCalledTimes(1);
  },
);

it('gives up on a hub that sends in circles', async () => {
  const asked = network((url) => sentTo(`${url}x`));
  await expect(asking('https://hub.example/a')).rejects.toMatchObject({
    code: 'HUB_FAILED',
    message: expect.stringMatching(/circles/),
  });
  expect(asked).toHaveBeenCalledTimes(11);
});

it.each([
  ['another host', 'https://files.example/x'],
  ['another port', 'https://hub.example:8443/x'],
  ['a host that only begins alike', 'https://hub.example.evil/x'],
])('keeps the token from %s, also when its caller sends one', async (_, location) => {
  const seen: (string | null)[] = [];
  network((url, init) => {
    seen.push(new Headers(init.headers).get('authorization'));
    return url === location ? new Response('ok') : sentTo(location);
  });
  await asking('https://hub.example/a', { headers: { authorization: 'Bearer hf_secret' } });
  expect(seen).toEqual(['Bearer hf_secret', null]);
});

it('an answer that never begins is told from a network that is not there', async () => {
  network(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason));
      }),
  );
  await expect(asking('https://hub.example/a')).rejects.toMatchObject({ code: 'HUB_STALLED' });
  network(() => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })));
  await expect(asking('https://hub.example/a')).rejects.toMatchObject({
    code: 'HUB_UNREACHABLE',
    message: expect.stringMatching(/no such host/),
  });
});
