// Runs the module of a page as a browser would, with what a browser has and nothing of Node: every file comes from the
// page's server, bare names are those of its import map, and whatever an element shows is printed as a line.
//   node --experimental-vm-modules browser.mjs <url of the page>
import { createContext, SourceTextModule } from 'node:vm';

const [page] = process.argv.slice(2);

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return { text: await response.text(), type: response.headers.get('content-type') };
}

const { text: html } = await get(page);
const { imports } = JSON.parse(/<script type="importmap">([^<]*)</.exec(html)[1]);
const [, main] = /<script type="module" src="([^"]*)"/.exec(html);

const elements = new Map([...html.matchAll(/ id="(\w+)"/g)].map(([, id]) => [id, elementOf(id)]));
function elementOf(id) {
  let shown = '';
  return {
    get textContent() {
      return shown;
    },
    set textContent(text) {
      shown = text;
      console.log(`${id}: ${JSON.stringify(text)}`);
    },
  };
}
const items = new Map();
const context = createContext({
  ...{ WebSocket, URL, URLSearchParams, AbortController, setTimeout, clearTimeout },
  location: new URL(page),
  document: { getElementById: (id) => elements.get(id) },
  localStorage: { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) },
});

const modules = new Map();
function load(url) {
  if (!modules.has(url)) modules.set(url, fetchModule(url));
  return modules.get(url);
}
async function fetchModule(url) {
  const { text, type } = await get(url);
  if (type !== 'text/javascript') throw new Error(`a browser would not run ${url}: ${type}`);
  return new SourceTextModule(text, { context, identifier: url });
}

const entry = await load(new URL(main, page).href);
await entry.link((name, { identifier }) => {
  const address = /^[./]/.test(name) ? name : imports[name];
  if (!address) throw new Error(`${identifier} imports ${name}, which is not in the import map`);
  return load(new URL(address, identifier).href);
});
process.once('SIGTERM', () => elements.get('stop').onclick());
await entry.evaluate();
