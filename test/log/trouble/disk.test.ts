import { chownSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { temporaryFolder } from '../../database/support/folders.ts';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { ownCluster } from './support/cluster.ts';
import { startLoad } from './support/load.ts';
import { canMount, smallDisk } from './support/small-disk.ts';
import { attempt } from './support/strangers.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

/** Skipped with its reason in the name where no small disk can be mounted; the trigger below stands in for it. */
const onSmallDisk = canMount
  ? it
  : (name: string, _: () => Promise<void>) => it.skip(`${name} (needs mount)`, () => {});

const DISK_FULL = '53100';

/** Waits until a full disk has shown, as an SQLSTATE and to a caller. */
async function diskFullSeen(log: Awaited<ReturnType<typeof openLog>>, load: ReturnType<typeof startLoad>) {
  await load.until(() => log.errors.some((error) => sqlStateOf(error) === DISK_FULL));
  await load.refused();
}

describe('a full disk', () => {
  onSmallDisk('below the events is UNAVAILABLE, and all goes on when there is room again', async () => {
    expectNothingAstray();
    const folder = await temporaryFolder();
    const disk = smallDisk(folder, 64);
    const { url, dataDir } = await ownCluster(folder);
    const place = join(disk.path, 'events');
    await mkdir(place);
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    chownSync(place, uid, gid);
    await execute(url, `CREATE TABLESPACE small LOCATION '${place}'`);
    await execute(url, 'ALTER TABLE events SET TABLESPACE small');
    const log = await openLog(url, { timeoutMs: 300 });
    const load = startLoad(log);
    for (let round = 0; round < 2; round++) {
      await load.more(40);
      await disk.fill();
      await diskFullSeen(log, load);
      await disk.free();
    }
    await load.more(40);
    await expectWhole(url, await load.stop());
  });

  onSmallDisk('below everything, which ends PostgreSQL, is UNAVAILABLE until there is room again', async () => {
    expectNothingAstray();
    const disk = smallDisk(await temporaryFolder(), 160);
    const { url } = await ownCluster(disk.path);
    const log = await openLog(url, { timeoutMs: 300 });
    const load = startLoad(log);
    await load.more(40);
    await disk.fill();
    // Without a new file for the write-ahead log PostgreSQL panics, and cannot recover either.
    await attempt(url, "SELECT pg_switch_wal(); SELECT pg_logical_emit_message(true, 'x', 'y')");
    await load.refused();
    await eventually(async () => (await attempt(url, 'SELECT 1'))?.code === 'ECONNREFUSED');
    await disk.free();
    await load.more(40);
    await expectWhole(url, await load.stop());
  });

  it('as PostgreSQL reports it is UNAVAILABLE, and all goes on when it reports it no more', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(url, { timeoutMs: 300 });
    const load = startLoad(log);
    await load.more(40);
    await execute(
      url,
      `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${DISK_FULL}'; END $$;
       CREATE TRIGGER no_room BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION no_room()`,
    );
    await diskFullSeen(log, load);
    await execute(url, 'DROP TRIGGER no_room ON events');
    await load.more(40);
    await expectWhole(url, await load.stop());
    expect(log.errors.every((error) => sqlStateOf(error) === DISK_FULL)).toBe(true);
  });
});
