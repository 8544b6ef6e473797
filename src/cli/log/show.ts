import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { RecordedEvent } from '../../eventsourcing/event.ts';
import type { EventFilter } from '../../log/filter.ts';
import type { Cli } from '../cli.ts';
import { count, position, several } from '../options.ts';
import { jsonOf, print, shortened, table, width } from '../terminal.ts';

interface Options {
  readonly after?: bigint;
  readonly first?: number;
  readonly stream?: readonly string[];
  readonly type?: readonly string[];
  readonly category?: readonly string[];
  readonly actor?: readonly string[];
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Events shown unless said otherwise; following goes on until it is stopped. */
const FIRST = 20;
const PAGE = 1_000;

/** Events of the log, filtered. */
export const show = (log: Command, { open, signal }: Cli): Command =>
  log
    .command('show')
    .description('Show events, in the order of the log.')
    .option('--after <position>', 'begin after this position', position)
    .option('--first <count>', `show so many events at most (default: ${FIRST}; with --follow, all)`, count)
    .option('--stream <id>', 'only events of this stream, such as user-42; may be repeated', several)
    .option('--type <type>', 'only events of this type; may be repeated', several)
    .option('--category <category>', 'only events of streams of this category; may be repeated', several)
    .option('--actor <actor>', 'only events that this actor caused; may be repeated', several)
    .option('-f, --follow', 'go on with the events to come, until Ctrl-C')
    .option('--json', 'print a JSON object per line')
    .action((options: Options) =>
      open(async ({ reader, config }) => {
        const { after = 0n, follow = false, json = false, first = follow ? Number.POSITIVE_INFINITY : FIRST } = options;
        const filter = filterOf(options);
        let cursor = after;
        for (let left = first; left > 0; ) {
          signal.throwIfAborted();
          const page = await reader.page(cursor, Math.min(left, PAGE), filter);
          if (page.events.length > 0) await print(json ? lines(page.events) : tableOf(page.events));
          left -= page.events.length;
          cursor = page.cursor;
          if (cursor < page.head) continue;
          if (!follow) return;
          await sleep(config.POLL_MS, undefined, { signal });
        }
      }),
    );

const filterOf = ({ stream, type, category, actor }: Options): EventFilter => ({
  streamIds: stream,
  types: type,
  categories: category,
  actors: actor,
});

const lines = (events: readonly RecordedEvent[]): string => events.map((event) => `${jsonOf(event)}\n`).join('');

/** Columns that the table's frame and the other cells take: the payload gets what is left. */
const FRAME = 19;
const LEAST = 24;

function tableOf(events: readonly RecordedEvent[]): string {
  const cells = events.map(({ position, recordedAt, streamId, version, type }) => [
    ...[String(position), recordedAt, shortened(streamId, 60), String(version), type],
  ]);
  const head = ['position', 'recorded at', 'stream', 'version', 'type'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const left = Math.max(LEAST, width() - FRAME - widths.reduce((sum, each) => sum + each, 0));
  const data = (event: RecordedEvent) => shortened(JSON.stringify(event.data), left);
  return table(
    [...head, 'data'],
    events.map((event, row) => [...(cells[row] ?? []), data(event)]),
  );
}
