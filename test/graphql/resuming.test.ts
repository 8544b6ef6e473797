import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as feeds from './support/feeds-world.ts';
import { happen } from './support/happen.ts';
import { tellOnFailure } from './support/resuming.ts';
import * as servers from './support/servers-world.ts';
import { storyOf } from './support/story.ts';

describe('a client that goes on from its last cursor has exactly the filtered log, in order, in the end', () => {
  it('through the feeds of several processes, whatever happens in between', async () => {
    const [world, tell] = [await feeds.feedsWorld(), tellOnFailure()];
    const story = storyOf({ ...feeds, places: feeds.PROCESSES, readers: 6, steps: 50 });
    const property = fc.asyncProperty(story, (told) => happen(world, tell(told)));
    await fc.assert(property, { numRuns: 40, endOnFailure: true });
  });

  it('over sockets and event streams of several servers, whatever happens in between', async () => {
    const [world, tell] = [await servers.serversWorld(), tellOnFailure()];
    const story = storyOf({ ...servers, places: servers.SERVERS, readers: 4, steps: 30 });
    const property = fc.asyncProperty(story, (told) => happen(world, tell(told)));
    await fc.assert(property, { numRuns: 8, endOnFailure: true });
  });
});
