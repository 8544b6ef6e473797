import { modules } from '../../src/modules/index.ts';
import { ledgerModule } from './ledger/index.ts';

/** The domains of a tortured server. */
export const tortured = [...modules, ledgerModule];
