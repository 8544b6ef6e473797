import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../eventsourcing/errors.ts';
import { RETRY_AFTER_S } from '../admission.ts';
import { failure } from '../errors.ts';

/** Answers a request for an upgrade with an error of HTTP. Clients may come back when it is 429 or 503. */
export function refuseUpgrade(raw: Duplex, status: number, code: ErrorCode, message: string): void {
  const body = JSON.stringify(failure(code, message));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    ...(status === 429 || status === 503 ? [`Retry-After: ${RETRY_AFTER_S}`] : []),
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // Not only this side of it: a peer that keeps the other open would hold a connection that nobody counts.
  raw.once('finish', () => raw.destroy());
  raw.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
