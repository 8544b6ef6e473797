import { createHmac, hkdfSync } from 'node:crypto';

/** Keyed hashes under the server's master key: who has only the database can neither read nor guess what they hide. */
export interface Secrets {
  /** Hex of a blind index: equal values have equal indexes. */
  blindIndex(value: string): string;
  /** Hex of a hash that tells whether two requests are the same. */
  requestHash(request: string): string;
  /** Tells one master key from another, and nothing about it. */
  readonly fingerprint: string;
}

/** Bytes of a master key. */
export const MASTER_KEY_BYTES = 32;

/** Derives a key per purpose (HKDF, RFC 5869), so that no two purposes share one. */
export function createSecrets(masterKey: Uint8Array): Secrets {
  const keyFor = (purpose: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `tidemark ${purpose}`, 32));
  const hashWith = (key: Buffer) => (value: string) => createHmac('sha256', key).update(value).digest('hex');
  return {
    blindIndex: hashWith(keyFor('blind index')),
    requestHash: hashWith(keyFor('request hash')),
    fingerprint: keyFor('fingerprint').toString('hex').slice(0, 32),
  };
}
