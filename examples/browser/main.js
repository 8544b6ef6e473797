// Shows what was committed since this page was open last, and then whatever comes.
import { localStorageStore, subscribe } from 'tidemark/client';

const url = new URLSearchParams(location.search).get('url') ?? 'ws://localhost:4000/graphql';
const status = document.getElementById('status');
const log = document.getElementById('log');
const stop = new AbortController();
document.getElementById('stop').onclick = () => stop.abort();

const batches = subscribe({
  url,
  after: '0',
  store: localStorageStore('cursor'),
  signal: stop.signal,
  onStatus(now) {
    status.textContent = now.state === 'waiting' ? `${now.error.message} Trying again.` : now.state;
  },
});
try {
  for await (const { events } of batches) {
    const lines = events.map(
      ({ position, recordedAt, type, streamId }) => `${position} ${recordedAt} ${type} ${streamId}`,
    );
    log.textContent = [...lines.reverse(), log.textContent].join('\n').slice(0, 100_000);
  }
  status.textContent = 'stopped';
} catch (error) {
  status.textContent = `ended: ${error.message}`;
}
