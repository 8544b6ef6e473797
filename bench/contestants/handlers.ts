import { caseless, openDatabase, readConfig } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';

/** Events in a transaction, which also moves the checkpoint. */
export const BATCH = 500;
export const CHECKPOINT = 'handlers';

/**
 * The usual way to fill the read table `users`: pages of the log, a handler for each event, Prisma's `upsert` and `update`.
 * A batch is one transaction, which is much faster than one for each event.
 */
export const open: Open = async (url) => {
  const config = readConfig({ DATABASE_URL: url });
  const database = openDatabase({
    url,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
    onError: (error) => console.error(error),
  });
  type Transaction = Pick<typeof database, 'user' | 'checkpoint'>;
  type Event = Awaited<ReturnType<typeof database.event.findMany>>[number];
  let position = 0n;

  async function handle(transaction: Transaction, { type, streamId, version, recordedAt, data }: Event): Promise<void> {
    const id = streamId.slice('user-'.length);
    const mark = { version, updatedAt: recordedAt };
    const { email, displayName } = data as { email: string; displayName: string };
    const name = { displayName, displayNameKey: caseless(displayName) };
    switch (type) {
      case 'UserRegistered': {
        const user = { email, emailKey: email.toLowerCase(), ...name, status: 'ACTIVE' as const, ...mark };
        const create = { id, registeredAt: recordedAt, ...user };
        await transaction.user.upsert({ where: { id }, create, update: create });
        break;
      }
      case 'UserProfileUpdated':
        await transaction.user.update({ where: { id }, data: { ...name, ...mark } });
        break;
      default:
        throw new Error(type);
    }
  }

  async function moveCheckpoint({ checkpoint }: Transaction): Promise<void> {
    const key = { name: CHECKPOINT, slot: 'live' };
    const moved = { position, updatedAt: new Date() };
    await checkpoint.upsert({
      where: { name_slot: key },
      create: { ...key, version: 1, generation: 1, revision: 0, ...moved },
      update: moved,
    });
  }

  return {
    operations: {
      async batch() {
        const events = await database.event.findMany({
          where: { position: { gt: position } },
          orderBy: { position: 'asc' },
          take: BATCH,
        });
        const last = events.at(-1);
        if (!last || events.length < BATCH) throw new Error('the log is too short');
        position = last.position;
        await database.$transaction(
          async (transaction) => {
            for (const event of events) await handle(transaction, event);
            await moveCheckpoint(transaction);
          },
          { timeout: 60_000 },
        );
      },
    },
    close: () => database.$disconnect(),
  };
};
