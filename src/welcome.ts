import type { App } from './app.ts';

/** What a person sees once the server is up: where it is, and three lines to paste into a shell. */
export function welcome({ url, dataAt }: Pick<App, 'url' | 'dataAt'>): string {
  const post = (query: string) =>
    `curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`;
  const register =
    'mutation{registerUser(input:{email:"ada@example.org",displayName:"Ada"}){__typename ...on UserCommandAccepted{user{id email} commit{position}} ...on CommandRejected{code message}}}';
  const list = '{users(first:10){edges{node{id email displayName version}}}}';
  const watch = 'subscription{events(after:"0"){events{position type data} cursor}}';
  return `
Tidemark is at ${url} (HTTP and WebSocket)
Its data is in ${dataAt}

A mutation:      ${post(register)}
A query:         ${post(list)}
A subscription:  npm run -s watch -- ${shellQuote(watch)} ${url.replace(/^http/, 'ws')}

Ctrl-C stops it.
`;
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
