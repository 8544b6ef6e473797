import { describe, expect, it, onTestFinished } from 'vitest';
import { createLiveness, type Peer } from '../../../src/graphql/sockets/liveness.ts';
import { eventually } from '../../support/eventually.ts';
import { frame, gone, PING, PONG, rawSocket } from './support/raw.ts';
import { init } from './support/requirement.ts';
import { serve } from './support/serve.ts';

function liveness(keepAliveMs: number) {
  const made = createLiveness(keepAliveMs);
  onTestFinished(() => made.close());
  return made;
}

/** A peer that counts its pings, and answers them if it is there. */
function peerThat(answers: boolean, isBlocked = false) {
  const peer = {
    ...{ alive: true, isBlocked, pings: 0, isLost: false },
    ping() {
      peer.pings++;
      if (answers) peer.alive = true;
    },
    lost() {
      peer.isLost = true;
    },
  } satisfies Peer & Record<string, unknown>;
  return peer;
}

describe('a peer', () => {
  it('that answers is asked again and again', async () => {
    const { add } = liveness(20);
    const peer = peerThat(true);
    add(peer);
    await eventually(() => peer.pings > 5);
    expect(peer.isLost).toBe(false);
  });

  it('that does not answer is lost, the others are not', async () => {
    const { add } = liveness(20);
    const [dead, alive] = [peerThat(false), peerThat(true)];
    add(dead);
    add(alive);
    await eventually(() => dead.isLost);
    expect(dead.pings).toBe(1);
    expect(alive.isLost).toBe(false);
  });

  it('that is blocked is not asked, and not lost', async () => {
    const { add } = liveness(20);
    const [blocked, dead] = [peerThat(false, true), peerThat(false)];
    add(blocked);
    add(dead);
    await eventually(() => dead.isLost);
    expect([blocked.pings, blocked.isLost]).toEqual([0, false]);
  });

  it('that is blocked since it was asked is not lost, either, until it has been asked again', async () => {
    const { add } = liveness(20);
    const [peer, dead] = [peerThat(false), peerThat(false)];
    add(peer);
    await eventually(() => peer.pings === 1);
    peer.isBlocked = true;
    add(dead);
    await eventually(() => dead.isLost);
    expect([peer.pings, peer.isLost]).toEqual([1, false]);
    peer.isBlocked = false;
    await eventually(() => peer.isLost);
    expect(peer.pings).toBe(2);
  });

  it('that has gone is not asked', async () => {
    const { add, remove } = liveness(20);
    const [left, there] = [peerThat(false), peerThat(true)];
    add(left);
    add(there);
    remove(left);
    await eventually(() => there.pings > 2);
    expect([left.pings, left.isLost]).toEqual([0, false]);
  });
});

describe('thousands of peers', () => {
  it('are asked a few at a time, each once in the set time', async () => {
    const { add } = liveness(400);
    const peers = Array.from({ length: 2_000 }, () => peerThat(true));
    for (const peer of peers) add(peer);
    let last = 0;
    let most = 0;
    const pings = () => peers.reduce((sum, peer) => sum + peer.pings, 0);
    while (pings() < 6_000) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, pings() - last);
      last = pings();
    }
    // Two turns may be due between two looks.
    expect(most).toBeLessThanOrEqual(300);
    const counts = peers.map(({ pings }) => pings);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

describe('a socket', () => {
  it('whose peer answers no ping is cut off, even if it has been silent otherwise', async () => {
    const { url, admission } = await serve({ keepAliveMs: 50 });
    const socket = await rawSocket(url);
    socket.write(init);
    await gone(socket);
    expect(socket.frames.some(({ opcode }) => opcode === PING)).toBe(true);
    expect(await socket.closed()).toMatchObject({ code: 1006 });
    await eventually(() => admission.size === 0);
  });

  it('whose peer answers stays open', async () => {
    const { url } = await serve({ keepAliveMs: 2_000 });
    const [socket, dead] = [await rawSocket(url), await rawSocket(url)];
    let answered = 0;
    socket.tcp.on('data', () => {
      const pings = socket.frames.filter(({ opcode }) => opcode === PING).slice(answered);
      answered += pings.length;
      for (const { payload } of pings) socket.write(frame(payload, { opcode: PONG }));
    });
    await gone(dead);
    expect(socket.tcp.closed).toBe(false);
    expect(answered).toBeGreaterThan(0);
  });
});
