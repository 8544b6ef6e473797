// Follows the log, keeps its place in a file, and goes on there when it is started again. With a server running:
//   npx tsx examples/node.ts [ws://localhost:4000/graphql] [cursor.txt]
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type CursorStore, subscribe } from 'tidemark/client';
import WebSocket from 'ws';

const [url = 'ws://localhost:4000/graphql', file = 'cursor.txt'] = process.argv.slice(2);

/** Keeps a cursor in a file. A crash leaves the old one or the new one, for the file is replaced as a whole. */
const fileStore = (path: string): CursorStore => ({
  async load() {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  async save(cursor) {
    await writeFile(`${path}.new`, cursor, { flush: true });
    await rename(`${path}.new`, path);
  },
});

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const batches = subscribe({
  url,
  after: '0',
  store: fileStore(file),
  signal: stop.signal,
  webSocketImpl: WebSocket,
  onStatus(status) {
    if (status.state === 'waiting') console.error(`${status.error.message} Trying again.`);
  },
});
for await (const { events } of batches) {
  for (const { position, type, streamId, data } of events) console.log(position, type, streamId, JSON.stringify(data));
}
