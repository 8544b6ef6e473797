import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import type { Row } from '../../src/eventsourcing/projection.ts';
import type { EventFilter } from '../../src/log/filter.ts';
import type { Slot } from '../../src/projections/table.ts';
import type { Finding, Move } from './system/audit.ts';

// What a run leaves: plain data, which the checker judges and a story is told from. Times are milliseconds since 1970.

/** A clock that never goes back. */
export const now = (): number => performance.timeOrigin + performance.now();

/** What one stream is asked for. */
export interface Step {
  readonly category: string;
  /** Null: the server makes one. */
  readonly id: string | null;
  readonly command: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

/** A command as a client sends it. */
export interface Request {
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>> & {
    readonly commandId: string;
    readonly expectedVersion?: number;
    readonly dryRun?: boolean;
  };
  /** What it means: all of the steps, or none. The first is on the command's stream. */
  readonly steps: readonly Step[];
  /** A stream that must exist. */
  readonly guarantor: string | null;
  /** False: a field holds what no server may accept. */
  readonly valid: boolean;
}

export type Answer =
  | {
      readonly kind: 'accepted';
      readonly position: bigint;
      readonly version: number;
      readonly events: readonly RecordedEvent[];
      /** Events of others that it was decided after, although it came with an older `expectedVersion`. */
      readonly eventsSince: readonly RecordedEvent[];
      readonly replayed: boolean;
      readonly dryRun: boolean;
      /** The row as the command left it; undefined if it could not be read. */
      readonly row?: Row | null;
    }
  | { readonly kind: 'rejected'; readonly code: string }
  | {
      readonly kind: 'conflict';
      readonly expectedVersion: number;
      readonly actualVersion: number;
      readonly eventsSince: readonly RecordedEvent[];
    }
  | { readonly kind: 'refused'; readonly code: 'BAD_USER_INPUT' | 'COMMAND_ID_REUSED' }
  | { readonly kind: 'unknown'; readonly why: string }
  /** What must never be answered. */
  | { readonly kind: 'defect'; readonly why: string };

export type Accepted = Extract<Answer, { kind: 'accepted' }>;

/** One request sent once, and its answer. */
export interface Invocation {
  readonly client: string;
  readonly server: string;
  readonly request: Request;
  readonly sent: number;
  readonly answered: number;
  readonly answer: Answer;
}

/** How far the read tables were by the `freshness` of an answer, by their projections' names. */
export type Freshness = ReadonlyMap<string, bigint>;

/** What every query to read tables has, which was sent to any server, with `minPosition`. */
interface Read {
  readonly server: string;
  readonly sent: number;
  readonly answered: number;
  readonly minPosition: bigint;
  /** Empty without an answer. */
  readonly freshness: Freshness;
  /** What must never be answered. */
  readonly defect?: string;
}

/** A query for one row. */
export interface Reading extends Read {
  readonly category: string;
  readonly id: string;
  /** Undefined: no answer, or it was late. */
  readonly row: Row | null | undefined;
}

/** A query for whole tables: each list is one statement. */
export interface Listing extends Read {
  /** All users; undefined: no answer, or it was late. */
  readonly users: readonly Row[] | undefined;
  /** Over all days, how many have registered, and how many are active. */
  readonly count: { readonly registered: number; readonly active: number } | undefined;
}

/** What an operator asks of a projection. */
export interface Operation {
  readonly kind: 'rebuild' | 'rollback' | 'verify' | 'drop';
  readonly name: string;
  readonly server: string;
  readonly sent: number;
  readonly answered: number;
  readonly answer:
    | { readonly kind: 'done'; readonly drift: readonly string[] }
    | { readonly kind: 'refused' | 'unknown'; readonly why: string }
    | { readonly kind: 'defect'; readonly why: string };
}

/** What one subscriber has got over all its connections, in order. */
export interface Feed {
  readonly subscriber: string;
  readonly filter: EventFilter;
  readonly batches: readonly Batch[];
  /** How often it had to connect. */
  readonly connections: number;
}

export interface Batch {
  readonly at: number;
  readonly server: string;
  readonly cursor: bigint;
  readonly events: readonly RecordedEvent[];
}

/** Something that was done to the system. */
export interface Fault {
  readonly kind: string;
  /** What it struck: servers, `postgres`, a subscriber. */
  readonly on: readonly string[];
  readonly from: number;
  readonly until: number;
}

export interface CommandRow {
  readonly id: string;
  readonly type: string;
  readonly streamId: string;
  readonly rejection: string | null;
  readonly version: number;
  readonly position: bigint | null;
  readonly eventCount: number;
}

/** One of the tables of a projection, with its checkpoint. */
export interface StoredTable {
  readonly name: string;
  readonly slot: Slot;
  readonly generation: number;
  readonly position: bigint;
  readonly failure: unknown;
  readonly rows: readonly Row[];
}

/** What the database holds in the end. */
export interface Stored {
  readonly head: bigint;
  readonly events: readonly RecordedEvent[];
  readonly commands: readonly CommandRow[];
  /** Hex of the key → the stream that holds it. */
  readonly claims: ReadonlyMap<string, string>;
  readonly tables: readonly StoredTable[];
  /** In order. */
  readonly moves: readonly Move[];
  readonly findings: readonly Finding[];
}

export interface Evidence extends Stored {
  readonly invocations: readonly Invocation[];
  readonly readings: readonly Reading[];
  readonly listings: readonly Listing[];
  readonly operations: readonly Operation[];
  readonly feeds: readonly Feed[];
  readonly faults: readonly Fault[];
  /** What the run itself saw go wrong, such as a server that ended without being killed. */
  readonly incidents: readonly Incident[];
}

export interface Incident {
  readonly at: number;
  readonly what: string;
}
