import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../history.ts';
import { type Asker, ask, reason } from './ask.ts';
import { createAgent } from './http.ts';
import { operationAnswer, operationFor } from './operations.ts';

export interface OperatorOptions extends Omit<Asker, 'agent'> {
  readonly projections: readonly string[];
  /** Between two questions, ms. */
  readonly pauseMs: readonly [number, number];
  record(operation: Operation): void;
}

/** What is asked for, and how often. */
const weights: Readonly<Record<Operation['kind'], number>> = { rebuild: 10, verify: 6, rollback: 2, drop: 1 };
/** A rollback waits for readers, and a verification reads the log. */
const PATIENCE_MS = 15_000;

/** Asks things of any projection at any server until the signal fires. */
export async function operate(
  { record, projections, pauseMs, ...options }: OperatorOptions,
  stop: AbortSignal,
): Promise<void> {
  const { random } = options;
  const agent = createAgent();
  while (!stop.aborted) {
    const [kind, name] = [random.weighted(weights), random.pick(projections)];
    const understand = (text: string) => operationAnswer(kind, text);
    const { said, ...asked } = await ask({ agent, ...options }, operationFor(kind, name), PATIENCE_MS, understand);
    record({ kind, name, ...asked, answer: said instanceof Error ? { kind: 'unknown', why: reason(said) } : said });
    await sleep(random.int(...pauseMs));
  }
  agent.destroy();
}
