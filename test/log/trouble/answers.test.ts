import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { gate } from './support/link.ts';
import { openMover } from './support/mover.ts';
import { headOf, strangerHolding, theHead, waiting } from './support/strangers.ts';

describe('an answer that does not come', () => {
  it('before the connection breaks is found in the log: committed once, answered once', async () => {
    const mover = await openMover();
    for (let round = 1n; round < 6n; round++) {
      // One that goes well, so that there is a connection and the next one need not read first.
      await mover.dispatch('a');
      mover.link.obey(({ from }) => (from === 'server' ? 'lost' : 'pass'));
      const moved = mover.dispatch('a');
      await eventually(async () => (await headOf(mover.url)) === 2n * round);
      mover.link.obeyNothing();
      mover.link.cut();
      await moved;
    }
    await mover.expectWhole();
  });

  it('within the time of a statement is asked for on another connection, also while the first one still hangs', async () => {
    const mover = await openMover({ query_timeout: '200' });
    await mover.dispatch('a');
    for (let round = 0; round < 3; round++) {
      const { opened, open } = gate();
      let held = false;
      mover.link.obey(({ from }) => {
        if (from === 'client' || held) return 'pass';
        held = true;
        return opened;
      });
      await mover.dispatch('a');
      expect(held).toBe(true);
      // The late answer comes after all, to nobody.
      open();
      await mover.dispatch('a');
    }
    await mover.expectWhole();
  });

  it('before the caller gives up is given to whoever sends the same command id later', async () => {
    const { url, link, log } = await openMover();
    await log.writer.append(unit('counter-a', 0));
    const work = unit('counter-b', 0);
    link.obey(({ from }) => (from === 'server' ? 'lost' : 'pass'));
    await expect(log.writer.append(work, Date.now() + 200)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await eventually(async () => (await headOf(url)) === 2n);
    link.obeyNothing();
    link.cut();
    const answer = { outcome: 'known', answer: { streamId: 'counter-b', version: 1, position: 2n, eventCount: 1 } };
    expect(await log.writer.append(work)).toMatchObject(answer);
    expect(await (await openLog(url)).writer.append(work)).toMatchObject(answer);
  });
});

describe('a call whose caller is gone', () => {
  it('commits all the same once it gets the head, and the repetition that queues behind it finds that', async () => {
    const mover = await openMover();
    await mover.dispatch('a');
    const head = await strangerHolding(mover.url, theHead);
    const moved = mover.dispatch('a');
    await eventually(async () => (await waiting(mover.url)) === 1);
    mover.link.cut();
    // PostgreSQL does not look at a connection while it waits for a lock: now both calls are in the queue.
    await eventually(async () => (await waiting(mover.url)) === 2);
    await head.release();
    await moved;
    await mover.expectWhole();
  });

  it('is settled by another process that is sent the same command', async () => {
    const { url, log } = await openMover();
    const other = await openLog(url);
    const head = await strangerHolding(url, theHead);
    const work = unit('counter-b', 0);
    await expect(log.writer.append(work, Date.now() + 200)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await eventually(async () => (await waiting(url)) === 1);
    const again = other.writer.append(work);
    await eventually(async () => (await waiting(url)) === 2);
    await head.release();
    expect(await again).toMatchObject({ outcome: 'known', answer: { position: 1n, version: 1 } });
    expect(await headOf(url)).toBe(1n);
  });
});

describe('an answer that is there', () => {
  it('is given at once, also while another unit of the batch, which PostgreSQL refused, is still unsettled', async () => {
    const { url, link, log } = await openMover();
    await log.writer.append(unit('counter-a', 0));
    const { opened, open } = gate();
    let calls = 0;
    link.obey(({ from, type }) => {
      // The first call is the whole batch, the second one its good half, and the third one, which hangs, the bad half.
      if (from === 'client' && type === 'B') calls++;
      return from === 'client' && calls > 2 ? opened : 'pass';
    });
    const poison = unit('counter-bad', 0);
    const events = poison.events.map((event) => ({ ...event, id: 'no uuid' }));
    // Until this deadline the good one is answered, unless it waits for the bad one, which does not come through.
    const good = log.writer.append(unit('counter-good', 0), Date.now() + 10_000);
    const bad = log.writer.append({ ...poison, events }).catch((error: unknown) => error);
    await eventually(async () => (await headOf(url)) === 2n && calls > 2);
    const answer = await good.catch((error: unknown) => error);
    open();
    expect(await bad).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(answer).toMatchObject({ outcome: 'accepted', position: 2n });
  });
});
