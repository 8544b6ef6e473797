/** What a browser gets at the GraphQL path: a small console. It loads nothing from anywhere, so it works offline. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tidemark</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  textarea, pre { box-sizing: border-box; width: 100%; font: 14px/1.4 ui-monospace, monospace; }
  textarea { height: 14rem; padding: .5rem; }
  pre { min-height: 8rem; padding: .5rem; overflow: auto; border: 1px solid #8888; }
</style>
<h1>Tidemark</h1>
<p>GraphQL is served here: queries and mutations by POST, everything by WebSocket (graphql-transport-ws), or as server-sent events at <code>/graphql/stream</code>.</p>
<label for="query">An operation, run with Ctrl-Enter:</label>
<textarea id="query" spellcheck="false">{
  head
  users(first: 10) {
    totalCount
    edges { node { id email displayName status version } }
  }
}</textarea>
<p><button id="run">Run</button></p>
<pre id="answer" role="status"></pre>
<script>
  const query = document.getElementById('query');
  const answer = document.getElementById('answer');
  async function run() {
    if (/^\\s*subscription/.test(query.value)) return watch();
    try {
      const response = await fetch(location.pathname, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: query.value }),
      });
      answer.textContent = JSON.stringify(await response.json(), null, 2);
    } catch (error) {
      answer.textContent = String(error);
    }
  }
  let socket;
  function watch() {
    socket?.close();
    answer.textContent = '';
    socket = new WebSocket(location.href.replace(/^http/, 'ws'), 'graphql-transport-ws');
    socket.onopen = () => socket.send('{"type":"connection_init"}');
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: query.value } }));
      } else if (message.payload) answer.textContent = JSON.stringify(message.payload, null, 2) + '\\n' + answer.textContent;
    };
  }
  document.getElementById('run').onclick = run;
  query.onkeydown = (event) => { if (event.ctrlKey && event.key === 'Enter') run(); };
</script>
</html>
`;
