import { Agent, request } from 'node:http';

/** One client's connections, kept alive. */
export const createAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 2 });

/** Posts JSON. @throws when the answer is not there in time, ms, or the connection is lost */
export function post(agent: Agent, url: string, body: string, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    const limit = setTimeout(() => sent.destroy(new Error('timeout')), limitMs);
    sent.on('close', () => clearTimeout(limit));
    sent.on('error', reject);
    sent.end(body);
  });
}
