import type { Session } from '../session.ts';

/** The event at which a projection has stopped. */
interface Failure {
  /** A position, as a decimal string. */
  readonly position: string;
  readonly eventType: string;
  readonly error: string;
  readonly since: string;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
  readonly head: bigint;
  readonly lag: number;
  readonly updatedAt: string;
  readonly failure: Failure | null;
  readonly rebuilding: { readonly position: bigint; readonly target: bigint; readonly failure: Failure | null } | null;
  readonly previous: { readonly version: number; readonly position: bigint } | null;
  readonly drift: number;
}

type OnProgress = (position: bigint, target: bigint) => void;

/** What the command line needs of the projections' operator. */
export interface Operator {
  status(): Promise<ProjectionStatus[]>;
  rebuild(name: string, options: { signal: AbortSignal; onProgress: OnProgress }): Promise<void>;
  rollback(name: string): Promise<void>;
  dropPrevious(name: string): Promise<void>;
  verify(
    name: string,
    options: { sample: number | undefined; repair: boolean; signal: AbortSignal; onProgress: OnProgress },
  ): Promise<{
    readonly checked: number;
    readonly position: bigint;
    readonly drift: readonly { readonly key: string; readonly fields: readonly string[] }[];
    readonly drifted: number;
    readonly repaired: number;
  }>;
  skip(name: string, position: bigint, actor: string | null): Promise<void>;
}

/** Makes the operator for a session. */
export type OperatorOf = (session: Session) => Operator;

/** The argument of every command about one projection. */
export const NAME = ['<name>', 'the projection; `projections list` names them'] as const;
