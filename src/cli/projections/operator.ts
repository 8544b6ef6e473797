import { createOperator, type Operator } from '../../projections/operator.ts';
import { explain } from '../failure.ts';
import type { Session } from '../session.ts';
import { note } from '../terminal.ts';

/** What the commands work with. Trouble that passes is told, and tried again. */
export const operatorOf = ({ database, reader, projections }: Session): Operator =>
  createOperator({ database, reader, projections, onError: (error) => note(explain(error)) });

/** The argument of every command about one projection. */
export const NAME = ['<name>', 'the projection; `projections list` names them'] as const;
