import { eventually } from '../../../support/eventually.ts';
import { randomName } from '../../../support/postgres.ts';
import { stranger } from '../../trouble/support/strangers.ts';

/** Everything that is announced on the channel of the log, as any session hears it. */
export async function listenIn(url: string) {
  const client = await stranger(url);
  const heard: { payload: string; pid: number }[] = [];
  client.on('notification', ({ payload = '', processId }) => heard.push({ payload, pid: processId }));
  await client.query('LISTEN tidemark');
  return {
    /** What was heard so far. Notifications come in the order of the commits, so a last one of ours ends them. */
    async heard() {
      const mark = randomName('mark');
      await client.query('SELECT pg_notify($1, $2)', ['tidemark', mark]);
      await eventually(() => heard.some(({ payload }) => payload === mark));
      return heard.filter(({ payload }) => !payload.startsWith('mark_'));
    },
  };
}
