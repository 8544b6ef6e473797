import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way from one server to the database, and what may befall it. */
export interface LinkProxy {
  /** The database as it is reached through here. */
  readonly url: string;
  /** Resets every link. */
  cut(): void;
  /** A partition that heals: what is sent arrives once it is over, also from those who have given up meanwhile. */
  hold(): void;
  /** Half-open links: what is sent is gone, and so is the news that the other end has closed. */
  lose(): void;
  /** New links work again, and those that were held. Those that lost something are silent for ever. */
  recover(): void;
  close(): void;
}

type Condition = 'flowing' | 'held' | 'lost';

interface Link {
  become(condition: Condition): void;
  destroy(): void;
}

/** How long the far end of a lost link stays, ms: a real system's keepalive would find out at last. */
const FORGOTTEN_MS = 15_000;

export async function startProxy(databaseUrl: string): Promise<LinkProxy> {
  const target = new URL(databaseUrl);
  const links = new Set<Link>();
  let condition: Condition = 'flowing';

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const made = link(near, far, () => links.delete(made));
    made.become(condition);
    links.add(made);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  const all = (change: Condition) => {
    condition = change;
    for (const each of links) each.become(change);
  };
  const cut = () => {
    for (const each of links) each.destroy();
  };
  return {
    url: url.href,
    cut,
    hold: () => all('held'),
    lose: () => all('lost'),
    recover: () => all('flowing'),
    close() {
      cut();
      server.close();
    },
  };
}

/** Whatever happens at one end happens at the other: at once, later, or never. */
function link(near: Socket, far: Socket, onGone: () => void): Link {
  let condition: Condition = 'flowing';
  const held: (() => void)[] = [];
  const destroy = () => {
    near.destroy();
    far.destroy();
  };
  const pass = (happens: () => void) => {
    if (condition === 'flowing') happens();
    else if (condition === 'held') held.push(happens);
  };
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.setNoDelay(true);
    from.on('data', (chunk) => pass(() => to.write(chunk)));
    from.on('close', () => {
      if (to.destroyed) onGone();
      else pass(() => to.destroySoon());
    });
    from.on('error', () => undefined);
  }
  return {
    become(change) {
      if (condition === 'lost') return;
      condition = change;
      if (condition === 'lost') setTimeout(destroy, FORGOTTEN_MS).unref();
      if (condition === 'flowing') for (const happens of held.splice(0)) happens();
    },
    destroy,
  };
}
