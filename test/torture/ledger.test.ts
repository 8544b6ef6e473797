import { describe, it } from 'vitest';
import { scenarios } from '../support/scenario.ts';
import { accountDecider } from './ledger/decider.ts';

const { given } = scenarios(accountDecider);
const opened = { type: 'AccountOpened', data: { owner: 'Ada', name: 'savings' } } as const;
const deposited = { type: 'FundsDeposited', data: { amount: 10 } } as const;

describe('an account', () => {
  it('is opened once', () => {
    given().when({ type: 'OpenAccount', data: opened.data }).thenEvents(opened);
    given(opened).when({ type: 'OpenAccount', data: opened.data }).thenRejected('ACCOUNT_ALREADY_EXISTS');
  });
  it('is renamed, and a name that it has already changes nothing', () => {
    given(opened)
      .when({ type: 'RenameAccount', data: { name: 'rent' } })
      .thenEvents({ type: 'AccountRenamed', data: { name: 'rent' } });
    given(opened)
      .when({ type: 'RenameAccount', data: { name: 'savings' } })
      .thenNothing();
  });
  it('gives what it holds, and no more', () => {
    given(opened, deposited)
      .when({ type: 'Withdraw', data: { amount: 10 } })
      .thenEvents({ type: 'FundsWithdrawn', data: { amount: 10 } });
    given(opened, deposited)
      .when({ type: 'Withdraw', data: { amount: 6 } }, { type: 'Withdraw', data: { amount: 6 } })
      .thenRejected('INSUFFICIENT_FUNDS');
  });
  it('takes no money before it is opened', () => {
    given()
      .when({ type: 'Deposit', data: { amount: 1 } })
      .thenRejected('ACCOUNT_NOT_FOUND');
  });
});
