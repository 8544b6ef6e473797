import { clientAt } from './addresses.ts';

/** How many connections may be open at a time that stay open: WebSockets, and streams of server-sent events. */
export interface AdmissionLimits {
  readonly total: number;
  readonly perAddress: number;
  readonly perActor: number;
}

/** Lets connections in that stay open, and counts them, over all transports. */
export interface Admission {
  /** How many there are. */
  readonly size: number;
  /** Lets one in from an address, or says why not. */
  enter(address: string): Pass | Refusal;
}

/** A place that a connection holds. */
export interface Pass {
  /** Counts it as this actor's too. False when the actor has too many; null is nobody, and has no limit. */
  as(actor: string | null): boolean;
  /** Gives the place back. Idempotent. */
  leave(): void;
}

/** Why a connection was not let in: an HTTP status, and a message to go with TOO_MANY_REQUESTS. */
export interface Refusal {
  readonly status: 429 | 503;
  readonly message: string;
}

/** When a connection that was refused may try again, s. */
export const RETRY_AFTER_S = 5;

/** What is told to a connection whose actor has too many. */
export const TOO_MANY_OF_ACTOR = 'Too many connections for this account. Close some, or try again later.';

const FULL: Refusal = { status: 503, message: 'The server has as many connections as it takes. Try again later.' };
const TOO_MANY_OF_ADDRESS: Refusal = {
  status: 429,
  message: 'Too many connections from this address. Close some, or try again later.',
};

export function createAdmission({ total, perAddress, perActor }: AdmissionLimits): Admission {
  let size = 0;
  const ofAddress = createCounts(perAddress);
  const ofActor = createCounts(perActor);
  return {
    get size() {
      return size;
    },

    enter(address) {
      const client = clientAt(address);
      if (size >= total) return FULL;
      if (!ofAddress.add(client)) return TOO_MANY_OF_ADDRESS;
      size++;
      let actor: string | null = null;
      let left = false;
      return {
        as(who) {
          if (left) return false;
          if (who === actor) return true;
          if (who !== null && !ofActor.add(who)) return false;
          if (actor !== null) ofActor.remove(actor);
          actor = who;
          return true;
        },
        leave() {
          if (left) return;
          left = true;
          size--;
          ofAddress.remove(client);
          if (actor !== null) ofActor.remove(actor);
        },
      };
    },
  };
}

/** How many there are of each; of none more than the limit. Only those that there are take memory. */
function createCounts(limit: number) {
  const counts = new Map<string, number>();
  return {
    add(key: string): boolean {
      const count = counts.get(key) ?? 0;
      if (count >= limit) return false;
      counts.set(key, count + 1);
      return true;
    },
    remove(key: string): void {
      const count = counts.get(key) ?? 0;
      if (count > 1) counts.set(key, count - 1);
      else counts.delete(key);
    },
  };
}
