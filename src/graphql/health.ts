import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { faultOf } from '../database/errors.ts';
import type { ProjectionStatus } from '../projections/status.ts';

/** An answer to whoever watches the server. */
export interface Report {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What monitors ask for. */
export interface Health {
  /**
   * `ok`; `degraded` when a projection has stopped or a row has drifted, with which and why: the server does its work, so the
   * status stays 200; `unavailable`, with 503, when the database is out of reach.
   */
  health(): Promise<Report>;
  /** The same as numbers, in the text format of Prometheus. */
  metrics(): Promise<Report>;
}

/** However many ask, the database is asked once in so long, ms. */
const FRESH_MS = 1_000;

/** What is open at the moment. */
export interface OpenCounts {
  /** Connections that stay open: WebSockets and event streams. */
  sockets(): number;
  /** Subscriptions that run over WebSockets. */
  subscriptions(): number;
}

/** @param status how all projections are doing */
export function createHealth(status: () => Promise<readonly ProjectionStatus[]>, open: OpenCounts): Health {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[] = ['projection']) =>
    new Gauge({ name: `tidemark_${name}`, help, labelNames, registers: [registry] });
  const up = gauge('database_up', '1 when the database answers.', []);
  const head = gauge('log_head', 'The last committed position.', []);
  const sockets = gauge('sockets', 'WebSockets and event streams that are open.', []);
  const subscriptions = gauge('subscriptions', 'Subscriptions that run over WebSockets.', []);
  const perProjection = {
    position: gauge('projection_position', 'How far the read table has got.'),
    lag: gauge('projection_lag_events', 'Events that are not folded yet.'),
    failed: gauge('projection_failed', '1 while an event stops the projection.'),
    failedPosition: gauge('projection_failed_position', 'The position of that event; 0 when there is none.'),
    rebuilding: gauge('projection_rebuilding', '1 while a new table is being folded.'),
    rebuildFailed: gauge('projection_rebuild_failed', '1 while an event stops the rebuild.'),
    drift: gauge('projection_drifted_rows', 'Rows found not to be what the log says, and not healed yet.'),
  };

  let last: { at: number; answer: Promise<readonly ProjectionStatus[]> } | null = null;
  function recent(): Promise<readonly ProjectionStatus[]> {
    if (!last || Date.now() - last.at > FRESH_MS) last = { at: Date.now(), answer: status() };
    return last.answer;
  }
  /** Null when the database is out of reach. */
  const reachable = () =>
    recent().catch((error) => {
      if (faultOf(error) === 'unreachable') return null;
      throw error;
    });

  return {
    async health() {
      const projections = await reachable();
      if (!projections) return json(503, { status: 'unavailable' });
      const sound = projections.every(
        ({ failure, rebuilding, drift }) => failure === null && !rebuilding?.failure && drift === 0,
      );
      return json(200, {
        status: sound ? 'ok' : 'degraded',
        projections: projections.map(({ name, position, head, lag, failure, rebuilding, drift }) => ({
          ...{ name, position: position.toString(), head: head.toString(), lag, failure, drift },
          ...(rebuilding?.failure && { rebuildFailure: rebuilding.failure }),
        })),
      });
    },

    async metrics() {
      const projections = await reachable();
      up.set(projections ? 1 : 0);
      sockets.set(open.sockets());
      subscriptions.set(open.subscriptions());
      for (const { name: projection, ...each } of projections ?? []) {
        head.set(Number(each.head));
        perProjection.position.set({ projection }, Number(each.position));
        perProjection.lag.set({ projection }, each.lag);
        perProjection.failed.set({ projection }, each.failure ? 1 : 0);
        perProjection.failedPosition.set({ projection }, Number(each.failure?.position ?? 0));
        perProjection.rebuilding.set({ projection }, each.rebuilding ? 1 : 0);
        perProjection.rebuildFailed.set({ projection }, each.rebuilding?.failure ? 1 : 0);
        perProjection.drift.set({ projection }, each.drift);
      }
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    },
  };
}

const json = (status: number, body: unknown): Report => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
