// Serves the page of this folder, and the two packages that it imports, as they are: nothing is bundled or downloaded.
//   ALLOWED_ORIGINS=http://localhost:8080 npm start     # the server lets pages of another origin in by name only
//   node examples/browser/serve.mjs [port]              # then open http://localhost:8080
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const [port = '8080'] = process.argv.slice(2);

const folders = {
  '/': new URL('./', import.meta.url),
  '/tidemark/': new URL('./', import.meta.resolve('tidemark/client')),
  '/graphql-ws/': new URL('./', import.meta.resolve('graphql-ws/client')),
};
const types = { '.html': 'text/html', '.js': 'text/javascript' };

const server = createServer(async ({ url = '' }, response) => {
  const [, folder, name] = /^(\/|\/.+\/)([\w.-]*)$/.exec(url.split('?')[0]) ?? [];
  const file = name || 'index.html';
  try {
    const content = await readFile(new URL(file, folders[folder]));
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(port), 'localhost', () => console.log(`http://localhost:${server.address().port}`));
