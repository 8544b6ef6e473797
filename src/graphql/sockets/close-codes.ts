/** Close codes of WebSocket itself (https://www.iana.org/assignments/websocket); those of the protocol are graphql-ws's. */

/** Its client does not connect again. */
export const POLICY_VIOLATION = 1008;
/** Its client connects again. */
export const SERVICE_RESTART = 1012;
/** Its client connects again. */
export const TRY_AGAIN_LATER = 1013;
