import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import proxyAddr from '@fastify/proxy-addr';

/** Whom to believe when a header says whose request it is: the proxy at this address. */
export type Trust = (address: string, hop: number) => boolean;

/**
 * Trusts addresses, CIDR ranges, `loopback`, `linklocal` and `uniquelocal`.
 * @throws {TypeError} for anything else
 */
export const trustIn = (proxies: readonly string[]): Trust => proxyAddr.compile([...proxies]);

/** The address that a request comes from, past the proxies that are trusted. */
export const addressOf = (request: IncomingMessage, trust: Trust): string => proxyAddr(request, trust) ?? '';

/**
 * What is one client when addresses are counted: an IPv4 address, whichever way it is written; the first 64 bits of an
 * IPv6 address, since everybody gets that many to choose from; and whatever is no address is one client together.
 */
export function clientAt(address: string): string {
  // Some proxies add a port.
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const unzoned = bare.replace(/%.*$/, '');
  if (!isIPv6(unzoned)) return isIP(unzoned) ? unzoned : 'unknown';
  const [from, ...groups] = groupsOf(unzoned);
  const [a, b] = groups.slice(5).map((group) => Number.parseInt(group, 16)) as [number, number];
  const isMapped = groups[4] === 'ffff' && [from, ...groups.slice(0, 4)].every((group) => group === '0');
  return isMapped ? [a >> 8, a & 255, b >> 8, b & 255].join('.') : [from, ...groups.slice(0, 3)].join(':');
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  // The URL parser knows every way to write one, and writes it in one way.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const split = (part: string) => (part === '' ? [] : part.split(':'));
  if (tail === undefined) return split(head);
  const zeros = 8 - split(head).length - split(tail).length;
  return [...split(head), ...Array<string>(zeros).fill('0'), ...split(tail)];
}
