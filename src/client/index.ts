/** A client that follows the log and loses nothing: see docs/subscribing.md. */
export type { WebSocketImpl, WebSocketLike } from './connection.ts';
export { SubscriptionError } from './errors.ts';
export type { Status, SubscribeOptions } from './options.ts';
export type { BatchOf, TypedQuery } from './query.ts';
export { type CursorStore, localStorageStore } from './store.ts';
export { type Batches, subscribe } from './subscribe.ts';
export type { EventBatch, EventFilter, EventMetadata, RecordedEvent } from './types.ts';
