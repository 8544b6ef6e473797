/** One message of PostgreSQL's protocol, as it passes a link. */
export interface Message {
  readonly from: 'client' | 'server';
  /** Its letter; empty for the first of a client, which has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** The first message of a client names its session: it holds `application_name` and the like as text. */
const lengthOf = (bytes: Buffer, typed: boolean) => (typed ? 1 + bytes.readInt32BE(1) : bytes.readInt32BE(0));

/**
 * Cuts a stream of bytes into messages.
 * @returns a function that takes the next bytes and gives the messages that they complete
 */
export function framer(from: Message['from']): (chunk: Buffer) => Message[] {
  let pending: Buffer = Buffer.alloc(0);
  let typed = from === 'server';
  return (chunk) => {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
    const messages: Message[] = [];
    while (pending.length >= 5) {
      const length = lengthOf(pending, typed);
      if (pending.length < length) break;
      const bytes = pending.subarray(0, length);
      messages.push({ from, type: typed ? String.fromCharCode(bytes[0] ?? 0) : '', bytes });
      typed = true;
      pending = pending.subarray(length);
    }
    return messages;
  };
}
