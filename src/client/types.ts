/** What the client's own document asks for: see schema.graphql for what each field means. */

/** Who and what caused an event. */
export interface EventMetadata {
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly actor: string | null;
  readonly schemaVersion: number;
}

/** A fact of the log. */
export interface RecordedEvent {
  readonly id: string;
  /** Place in the log, a decimal string. */
  readonly position: string;
  readonly streamId: string;
  /** 1-based place in its stream. */
  readonly version: number;
  readonly type: string;
  /** RFC 3339, in UTC, with microseconds. */
  readonly recordedAt: string;
  /** The payload: an object whose shape depends on the type. */
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

/** The next events, in order. One without events only moves the cursor. */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here was searched: where to go on from. */
  readonly cursor: string;
  /** True when that was the head of the log. */
  readonly caughtUp: boolean;
}

/** Events that every given list names. An empty list matches nothing. */
export interface EventFilter {
  readonly actors?: readonly string[] | null;
  readonly categories?: readonly string[] | null;
  readonly streamIds?: readonly string[] | null;
  readonly types?: readonly string[] | null;
}
