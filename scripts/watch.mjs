// Runs a subscription and prints what it yields, one line each:
//   npm run -s watch -- 'subscription { events { cursor } }' [ws://localhost:4000/graphql]
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [query, url = 'ws://localhost:4000/graphql'] = process.argv.slice(2);
if (!query) {
  console.error("usage: npm run -s watch -- 'subscription { … }' [url]");
  process.exit(2);
}

const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
process.once('SIGINT', () => client.dispose());
try {
  for await (const result of client.iterate({ query })) console.log(JSON.stringify(result));
} catch (error) {
  const message = Array.isArray(error)
    ? error.map(({ message }) => message).join('; ')
    : (error.message ?? error.reason);
  console.error(`${url}: ${message || 'no connection'}`);
  process.exitCode = 1;
}
