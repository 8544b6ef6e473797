import { type Decider, streamIdOf } from '../../src/eventsourcing/decider.ts';
import { event } from '../../src/eventsourcing/event.ts';
import { execute } from './postgres.ts';

interface Moved {
  readonly type: 'CounterMoved';
  readonly data: { readonly by: number };
}

/** A small aggregate with long streams; here it is only ever loaded. */
export const counter: Decider<{ value: number }, never, Moved> = {
  category: 'counter',
  events: { CounterMoved: event<Moved['data']>() },
  rejections: {},
  initialState: { value: 0 },
  decide: () => [],
  evolve: ({ value }, { data }) => ({ value: value + data.by }),
};

export const counterStream = (name: string): string => streamIdOf(counter.category, name);

/** Adds so many events to the stream of one counter, each of which moves it by one. */
export const moveCounter = (url: string, streamId: string, events: number): Promise<unknown> =>
  execute(
    url,
    `INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                         recorded_at)
     SELECT h.position + n, gen_random_uuid(), '${streamId}', v.version + n, 'CounterMoved', 1, '{"by": 1}',
            gen_random_uuid(), gen_random_uuid(), clock_timestamp()
     FROM head h, (SELECT count(*) AS version FROM events WHERE stream_id = '${streamId}') v,
          generate_series(1, ${events}) n;
     UPDATE head SET position = position + ${events}`,
  );
