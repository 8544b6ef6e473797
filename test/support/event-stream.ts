import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

/** An event as an EventSource would dispatch it. */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

/** One connection to an event stream, read as it comes. */
export interface OpenedStream {
  readonly response: Response;
  readonly events: readonly ServerSentEvent[];
  /** Comments, which an EventSource leaves out. */
  readonly comments: readonly string[];
  /** The results in the `next` events. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  results(): any[];
  /** Resolves with the first event that comes, or has come, and is accepted. Rejects when the stream ends without. */
  until(accepts: (event: ServerSentEvent) => boolean): Promise<ServerSentEvent>;
  /** Resolves when the stream is over, with why: null for an orderly end. */
  readonly ended: Promise<Error | null>;
  close(): void;
}

/** An operation, as the body of a POST. */
export const asPost = (operation: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof operation === 'string' ? operation : JSON.stringify(operation),
});

/** The same in a URL. */
export function inUrl(url: string, operation: Readonly<Record<string, unknown>>): string {
  const full = new URL(url);
  for (const [name, value] of Object.entries(operation)) {
    full.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return full.href;
}

/** Connects, and reads as EventSource does, but with fetch, and without connecting again. */
export async function openStream(url: string, { headers, ...init }: RequestInit = {}): Promise<OpenedStream> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(url, {
    ...init,
    headers: { accept: 'text/event-stream', ...(headers as Record<string, string>) },
    signal: stop.signal,
  });
  const events: ServerSentEvent[] = [];
  const comments: string[] = [];
  let over = false;

  async function read(): Promise<Error | null> {
    const parse = createParser(
      (event) => events.push(event),
      (comment) => comments.push(comment),
    );
    try {
      const decoder = new TextDecoder();
      for await (const bytes of response.body ?? []) parse(decoder.decode(bytes, { stream: true }));
      return null;
    } catch (error) {
      return error as Error;
    } finally {
      over = true;
    }
  }

  return {
    response,
    events,
    comments,
    results: () => events.filter(({ type }) => type === 'next').map(({ data }) => JSON.parse(data)),
    async until(accepts) {
      const found = await eventually(() => events.find(accepts) ?? (over ? 'over' : null));
      if (found === 'over' || found === null) throw new Error(`the stream ended after ${events.length} events`);
      return found;
    },
    ended: response.headers.get('content-type')?.startsWith('text/event-stream') ? read() : Promise.resolve(null),
    close: () => stop.abort(),
  };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export function createParser(
  onEvent: (event: ServerSentEvent) => void,
  onComment: (comment: string) => void = () => {},
) {
  let rest = '';
  let id = '';
  let type = '';
  let data: string[] = [];
  function line(text: string): void {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(text) ?? [];
    if (text === '') {
      // Without data nothing is dispatched.
      if (data.length > 0) onEvent({ type: type || 'message', data: data.join('\n'), id });
      [type, data] = ['', []];
    } else if (field === '') onComment(value);
    else if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return (chunk: string): void => {
    const lines = (rest + chunk).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    lines.forEach(line);
  };
}
