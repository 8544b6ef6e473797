import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyDecider, Versioned } from '../eventsourcing/decider.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { Secrets } from '../privacy/secrets.ts';
import { createAnswers } from './answers.ts';
import type { Dispatch, DispatchAll, Outcome } from './commands.ts';
import { type Composition, compose } from './compose.ts';
import { check } from './conditions.ts';
import type { LogReader } from './reader.ts';
import { type Request, requestJson, requestOf, streamsOf } from './request.ts';
import type { States } from './states.ts';
import { createTurns } from './turns.ts';
import { type FailedGuard, type Guard, type UnitOfWork, VERSION_CONFLICT } from './unit.ts';
import type { Writer } from './writer.ts';

export interface DispatchOptions {
  readonly writer: Writer;
  readonly reader: LogReader;
  readonly states: States;
  readonly secrets: Secrets;
  /** Commands under way at once, waiting for their turn or for the log, and their bytes. Past either, `UNAVAILABLE`. */
  readonly queueUnits: number;
  readonly queueBytes: number;
  /** How long a command may take, ms, with waiting for its turn and all repetitions. */
  readonly timeoutMs: number;
  /** How often a command is decided anew because somebody else was first. */
  readonly conflictRetries: number;
  /** Bytes of JSON that one event's payload may have. */
  readonly eventBytes: number;
}

type Found = Map<string, Versioned<unknown>>;

/** Longest pause before a command is decided anew, ms. */
const RETRY_PAUSE_MS = 250;

export function createDispatch(options: DispatchOptions): { dispatch: Dispatch; dispatchAll: DispatchAll } {
  const { writer, states } = options;
  const answers = createAnswers(options.reader);
  // In one process the commands on one stream wait for each other instead of running into each other's guards.
  const inTurn = createTurns();
  let underWay = 0;
  let bytesUnderWay = 0;

  const dispatchAll: DispatchAll = async (steps, asked, cause) => {
    const json = requestJson(steps, asked, cause);
    const bytes = Buffer.byteLength(json);
    const full = underWay > 0 && bytesUnderWay + bytes > options.queueBytes;
    if (full || underWay >= options.queueUnits) throw overloaded();
    const deadline = Date.now() + options.timeoutMs;
    const request = requestOf(steps, asked, { cause, deadline, requestHash: options.secrets.requestHash(json) });
    underWay++;
    bytesUnderWay += bytes;
    const work = inTurn(streamsOf(request.intents), () => run(request)).finally(() => {
      underWay--;
      bytesUnderWay -= bytes;
    });
    return inTime(work, request);
  };

  async function run(request: Request): Promise<Outcome> {
    if (Date.now() >= request.deadline) throw overloaded();
    const found = await load(request);
    for (let attempt = 0; attempt <= options.conflictRetries && Date.now() < request.deadline; attempt++) {
      const { failed, eventsSince } = await check(request.conditions, found, options);
      const made = failed ? refusedFor(failed, found) : compose(request.intents, found, options);
      const unit = unitOf(request, found, made);
      const verdict = await writer.append(unit, request.deadline);
      switch (verdict.outcome) {
        case 'accepted':
          if (!unit.dryRun) keep(request, made);
          return answers.accepted(unit, verdict, eventsSince.get(unit.streamId) ?? []);
        case 'rejected':
          return answers.refused(unit.commandId, verdict.refusal);
        case 'known':
          return answers.replayed(unit, verdict.answer, request.expectedVersion);
        case 'conflict':
          await sleep(Math.random() * Math.min(RETRY_PAUSE_MS, 2 ** attempt));
          await renew(request, found, verdict.guard);
      }
    }
    throw new TidemarkError('UNAVAILABLE', 'Too much is going on here at once. Nothing was written; try again.');
  }

  async function load({ intents, conditions, fresh }: Request): Promise<Found> {
    const found: Found = new Map();
    for (const { decider, streamId } of [...intents, ...conditions]) {
      if (found.has(streamId)) continue;
      const isFresh = fresh.has(streamId);
      found.set(streamId, isFresh ? { state: decider.initialState, version: 0 } : await states.load(decider, streamId));
    }
    return found;
  }

  /** Somebody else was first on this stream. */
  async function renew({ intents, conditions }: Request, found: Found, { streamId, actual }: FailedGuard) {
    const { decider } = [...intents, ...conditions].find((each) => each.streamId === streamId) as {
      decider: AnyDecider;
    };
    // A log that was set back, by restoring a backup, has fewer events than we remember.
    if (actual < (found.get(streamId)?.version ?? 0)) await states.evict(streamId);
    found.set(streamId, await states.reload(decider, streamId));
  }

  function keep({ intents }: Request, made: Composition): void {
    for (const { decider, streamId } of intents) {
      const state = made.states.get(streamId);
      if (state) states.keep(decider, streamId, state);
    }
  }

  return {
    dispatch: (decider, id, command, { expectedVersion, ...asked }, cause) =>
      dispatchAll(
        [{ decider, id, command, expectedVersion }],
        { commandId: asked.commandId, dryRun: asked.dryRun },
        cause,
      ),
    dispatchAll,
  };
}

/** How much later than the writer, which knows more about the outcome, a command gives up, ms. */
const GRACE_MS = 50;

/** Also the reads before and after the append may take longer than the command has. */
function inTime<T>(work: Promise<T>, { deadline, commandId }: Request): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(gaveUp(commandId)), deadline - Date.now() + GRACE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const gaveUp = (commandId: string) =>
  new TidemarkError(
    'UNAVAILABLE',
    'The database did not answer in time. Send the command again, with this commandId.',
    { commandId },
  );

const overloaded = () => new TidemarkError('UNAVAILABLE', 'The server is overloaded. Nothing was written; try again.');

const refusedFor = (failed: FailedGuard, found: Found): Composition => ({
  refusal: { code: VERSION_CONFLICT, detail: failed },
  events: [],
  claims: [],
  states: found,
});

function unitOf(request: Request, found: Found, made: Composition): UnitOfWork {
  const { intents, cause } = request;
  const { streamId, command } = intents[0];
  return {
    commandId: request.commandId,
    type: command.type,
    streamId,
    actor: cause.actor,
    correlationId: cause.correlationId,
    causationId: cause.causationId,
    requestHash: request.requestHash,
    refusal: made.refusal,
    foundVersion: found.get(streamId)?.version ?? 0,
    version: made.states.get(streamId)?.version ?? 0,
    dryRun: request.dryRun,
    guards: guardsOf(request, found, made),
    events: made.events,
    claims: made.claims,
  };
}

/** That what was decided on is still so. */
function guardsOf({ intents, conditions }: Request, found: Found, { refusal }: Composition): Guard[] {
  const asFound = (streamId: string) => ({ streamId, version: found.get(streamId)?.version ?? 0 });
  if (refusal?.detail && 'expected' in refusal.detail) return [asFound(refusal.detail.streamId)];
  const decided = streamsOf(intents);
  const looked = conditions.filter((condition) => !decided.includes(condition.streamId));
  return [...decided.map(asFound), ...looked.map(({ streamId, version }) => ({ streamId, version }))];
}
