import type { IncomingHttpHeaders } from 'node:http';

export interface OriginsOptions {
  /** Address that the server listens on. */
  readonly host: string;
  /** Origins of web pages that may connect, besides the server's own. */
  readonly allowedOrigins: readonly string[];
}

/** Whose web pages may connect: browsers let any page try. */
export interface Origins {
  /** Whether a server on this machine alone was called by a name of this machine, or of its proxy. */
  hostAllowed(host: string | undefined): boolean;
  /** Whether a request with these headers may open a connection that stays open. */
  requestAllowed(headers: IncomingHttpHeaders): boolean;
}

export function createOrigins({ host: listening, allowedOrigins }: OriginsOptions): Origins {
  /** A page whose name was made to point at this machine (DNS rebinding) still sends its own name as the host. */
  const hostAllowed = (host: string | undefined): boolean =>
    !LOOPBACK.has(listening) ||
    LOOPBACK.has(hostName(host)) ||
    allowedOrigins.some((origin) => originHost(origin) === host);
  return {
    hostAllowed,
    requestAllowed: ({ origin, host }) =>
      hostAllowed(host) && (origin === undefined || allowedOrigins.includes(origin) || originHost(origin) === host),
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/** A Host header without its port. */
const hostName = (host = ''): string => host.replace(/:\d+$/, '');

function originHost(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
