/** A peer that is asked now and then whether it is still there. */
export interface Peer {
  /** Set by whoever hears from it. */
  alive: boolean;
  /** True while it does not take what it was sent: it cannot see a ping then, and is judged by that instead. */
  readonly isBlocked: boolean;
  ping(): void;
  /** Called when it has not answered. */
  lost(): void;
}

/** Finds peers that are gone without a word. */
export interface Liveness {
  add(peer: Peer): void;
  remove(peer: Peer): void;
  close(): void;
}

/** The peers are asked in turns, so that thousands of pings do not hold up what else there is to send. */
const TURNS = 20;

/** @param keepAliveMs how often each peer is asked, and how long it has to answer */
export function createLiveness(keepAliveMs: number): Liveness {
  /** The peers with the time when they were asked, the longest ago first. */
  const peers = new Map<Peer, number>();

  function check(peer: Peer) {
    if (!peer.alive && !peer.isBlocked) return peer.lost();
    peer.alive = peer.isBlocked;
    if (!peer.isBlocked) peer.ping();
  }

  function turn(): void {
    const now = performance.now();
    let most = Math.ceil(peers.size / TURNS);
    for (const [peer, askedAt] of peers) {
      if (most-- === 0 || now - askedAt < keepAliveMs) return;
      peers.delete(peer);
      peers.set(peer, now);
      check(peer);
    }
  }

  // After the sockets have been read: when this process has stood still, the answers are waiting there.
  const timer = setInterval(() => setImmediate(turn), Math.ceil(keepAliveMs / TURNS));
  return {
    add: (peer) => void peers.set(peer, performance.now()),
    remove: (peer) => void peers.delete(peer),
    close: () => clearInterval(timer),
  };
}
