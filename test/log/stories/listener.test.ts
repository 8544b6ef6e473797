import { describe, expect, it } from 'vitest';
import { startListener } from '../../../src/log/listener.ts';
import { asServer, freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { silenceableProxy } from '../../support/proxy.ts';
import { gate, openLink, type Rule } from '../trouble/support/link.ts';
import { expectNothingAstray } from '../trouble/support/whole.ts';

const LISTENING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN tidemark'";
const nobody = new AbortController().signal;

const isListener = (session: string) => session.includes('tidemark listener');
/** What a client sends to listen; the listening connection sends it once it stands. */
const asksToListen: (...parameters: Parameters<Rule>) => boolean = ({ from, type, bytes }) =>
  from === 'client' && (type === 'Q' || type === 'P') && bytes.includes('LISTEN');

/** A process that listens through a link, and another one, on a way of its own, that appends. */
async function openTwo(options: Parameters<typeof openLog>[1], rule?: Rule) {
  expectNothingAstray();
  const { url } = await freshDatabase();
  const link = await openLink(url);
  let listening = 0;
  const obey = (next: Rule) =>
    link.obey((message, session) => {
      if (asksToListen(message, session)) listening++;
      return next(message, session);
    });
  obey(rule ?? (() => 'pass'));
  const [mine, other] = [await openLog(link.url, options), await openLog(url)];
  let version = 0;
  return {
    ...{ link, mine, other, obey },
    /** Resolves when the process has asked to listen so many times. */
    asked: (times: number) => eventually(() => listening >= times),
    appendElsewhere: () => other.writer.append(unit('counter-other', version++)),
    /** Resolves when the process has everything that was appended. */
    delivered: () => mine.tail.past(BigInt(version) - 1n, nobody),
  };
}

describe('a connection that listens', () => {
  it('and is half-open, silent without an error, is noticed and replaced, and the poll delivers meanwhile', async () => {
    const { mine, obey, asked, appendElsewhere, delivered } = await openTwo({ listen: true, pollMs: 50 });
    await asked(1);
    await appendElsewhere();
    await delivered();
    let silent = '';
    obey(({ from, type, bytes }, session) => {
      if (!isListener(session)) return 'pass';
      // The one connection that is there falls silent for good; what replaces it may speak.
      if (type === '' && from === 'client') silent ||= bytes.toString('latin1');
      return silent === '' ? 'lost' : 'pass';
    });
    for (let i = 0; i < 3; i++) {
      await appendElsewhere();
      await delivered();
    }
    await asked(2);
    expect(mine.errors).not.toEqual([]);
    await appendElsewhere();
    await delivered();
  });

  it('and is half-open does not hold up a stop', async () => {
    const { url } = await freshDatabase();
    const { tail } = await openLog(url);
    const proxy = await silenceableProxy(asServer(url));
    const onError = () => undefined;
    const listener = startListener({ url: proxy.url, tail, origin: 'this', pollMs: 3_600_000, onError });
    await eventually(async () => (await execute(url, LISTENING)).rowCount === 1);
    proxy.silence();
    await listener.close();
  });

  it('is asked for first and the log is read then: what is committed between is not lost', async () => {
    const held = gate();
    const { asked, appendElsewhere, delivered } = await openTwo({ listen: true }, (...passing) =>
      asksToListen(...passing) ? held.opened : 'pass',
    );
    await asked(1);
    // Announced while nobody listens, and no poll comes for an hour.
    await appendElsewhere();
    held.open();
    await delivered();
  });

  it('and is lost loses nothing that is committed until it listens again', async () => {
    const { link, obey, asked, appendElsewhere, delivered } = await openTwo({ listen: true });
    await asked(1);
    await appendElsewhere();
    await delivered();
    for (let round = 2; round < 5; round++) {
      const held = gate();
      obey((...passing) => (asksToListen(...passing) ? held.opened : 'pass'));
      link.cut();
      await appendElsewhere();
      await asked(round);
      await appendElsewhere();
      held.open();
      await delivered();
      await appendElsewhere();
      await delivered();
    }
  });

  it('through a pooler that passes on no notification is helped by the poll', async () => {
    const { asked, appendElsewhere, delivered } = await openTwo({ listen: true, pollMs: 30 }, ({ from, type }) =>
      from === 'server' && type === 'A' ? 'lost' : 'pass',
    );
    await asked(1);
    for (let i = 0; i < 5; i++) {
      await appendElsewhere();
      await delivered();
    }
  });

  it('is not even opened where there is none to be had: polling is enough', async () => {
    const { mine, other, appendElsewhere, delivered } = await openTwo({ pollMs: 20 });
    for (let i = 0; i < 5; i++) {
      await appendElsewhere();
      await delivered();
    }
    const sessions = await other.database.$queryRaw`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidemark listener'`;
    expect(sessions).toEqual([]);
    expect(mine.errors).toEqual([]);
  });
});
