import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SOCKET_PATH, SUBPROTOCOL, tokenProtocol } from '../../shared/contract/bridge.ts';

/**
 * Who may talk to the host. It listens on loopback, but every program and every web page of the
 * machine can reach that: names must be exact (against DNS rebinding), the origin ours (against other
 * pages), and the token known (against other programs).
 */
export interface Guard {
  /** HTTP status to refuse with, or undefined for a request that may be answered. */
  refuseRequest(request: IncomingMessage): number | undefined;
  refuseUpgrade(request: IncomingMessage): number | undefined;
}

export function createGuard(port: number, token: string): Guard {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  const knownHost = ({ headers }: IncomingMessage) => hosts.has(headers.host ?? '');
  const ownOrigin = ({ headers }: IncomingMessage) => headers.origin === `http://${headers.host}`;
  return {
    refuseRequest(request) {
      if (!knownHost(request)) return 403;
      if (request.headers.origin !== undefined && !ownOrigin(request)) return 403;
      return request.method === 'GET' || request.method === 'HEAD' ? undefined : 405;
    },
    refuseUpgrade(request) {
      if (!knownHost(request) || !ownOrigin(request)) return 403;
      if (request.url !== SOCKET_PATH) return 404;
      return offersToken(request, token) ? undefined : 401;
    },
  };
}

function offersToken({ headers }: IncomingMessage, token: string): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return (
    offered.includes(SUBPROTOCOL) && offered.some((name) => equalInTime(name, tokenProtocol(token)))
  );
}

/** Hashed first: timingSafeEqual wants equal lengths. */
function equalInTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
