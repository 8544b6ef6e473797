import { connect } from 'node:net';
import { type Job, type Load, START } from './load.ts';
import { serve } from './serve.ts';
import { percentile } from './statistics.ts';

// HTTP by hand on plain sockets: the load shares the cores with what it measures, and node:http would take a third of
// them. Unlike tools that cut their connections when the time is up, it waits for the last answers: then what the
// database holds can be compared with what was answered, exactly.

/** How long an answer may take, ms. */
const ANSWER_MS = 15_000;

let sent = 0;

async function run(job: Job): Promise<Load> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + job.seconds * 1000;
  await Promise.all(Array.from({ length: job.connections }, () => runConnection(job, end, latencies)));
  const took = (performance.now() - start) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  return {
    answers: sorted.length,
    perSecond: sorted.length / took,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
}

/** One connection: request, answer, next request, until the time is up. */
function runConnection({ url, body, expect, numbers = 1 }: Job, end: number, latencies: number[]): Promise<void> {
  const { hostname, port, host, pathname } = new URL(url);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\naccept: application/json\r\n`;

  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port), noDelay: true });
    let expected: readonly string[] = [];
    let since = 0;
    let received = '';

    function next(): void {
      if (performance.now() >= end) {
        socket.end();
        resolve();
        return;
      }
      const fill = filler(`${process.pid}-${sent++}`, 1 + Math.floor(Math.random() * numbers));
      const json = fill(body);
      expected = expect.map(fill);
      received = '';
      since = performance.now();
      socket.write(`${head}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    }
    function fail(why: string): void {
      socket.destroy();
      reject(new Error(`${url}: ${why}`));
    }

    socket.on('connect', next);
    // latin1: one character per byte, as content-length counts.
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd))?.[1];
      if (length === undefined) return fail(`an answer without content-length:\n${received}`);
      if (received.length < headEnd + 4 + Number(length)) return;
      latencies.push(performance.now() - since);
      const answer = received.slice(headEnd + 4);
      const asExpected =
        received.startsWith('HTTP/1.1 200 ') &&
        expected.every((part) => answer.includes(part)) &&
        !answer.includes('"errors"');
      if (asExpected) next();
      else fail(`not the expected answer (${expected.join(' … ')}):\n${received.slice(0, 2_000)}`);
    });
    socket.setTimeout(ANSWER_MS, () => fail(`no answer within ${ANSWER_MS / 1000} s`));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the connection was closed'));
  });
}

/** What puts the texts of one request into their places. */
function filler(unique: string, number: number): (template: string) => string {
  const texts: Record<string, string> = {
    unique,
    number: String(number),
    next: String(number + 1),
    hex: number.toString(16).padStart(12, '0'),
    time: `${new Date(START + number * 1_000).toISOString().slice(0, 19)}.000000Z`,
  };
  return (template) =>
    template
      .replace(/<(unique|number|next|hex|time)>/g, (_, name: string) => texts[name] ?? '')
      .replace(/<base64url>(.*?)<\/base64url>/g, (_, escaped: string) =>
        Buffer.from(JSON.parse(`"${escaped}"`)).toString('base64url'),
      );
}

serve(run, async () => undefined);
