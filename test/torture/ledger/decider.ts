import type { Decider } from '../../../src/eventsourcing/decider.ts';
import { rejectWith } from '../../../src/eventsourcing/errors.ts';
import { type AccountEvent, accountEvents } from './events.ts';

export type AccountCommand =
  | { type: 'OpenAccount'; data: { owner: string; name: string } }
  | { type: 'RenameAccount'; data: { name: string } }
  | { type: 'Deposit'; data: { amount: number } }
  | { type: 'Withdraw'; data: { amount: number } };

/** What the decisions need of an account, and no more; null before it is opened. */
export type AccountState = { readonly name: string; readonly balance: number } | null;

const rejections = {
  ACCOUNT_NOT_FOUND: 'No account has this id.',
  ACCOUNT_ALREADY_EXISTS: 'An account with this id is open already.',
  NAME_TAKEN: 'Another account has this name.',
  INSUFFICIENT_FUNDS: 'The account does not hold that much.',
};
const reject = rejectWith(rejections);

const opened = (account: AccountState) => account ?? reject('ACCOUNT_NOT_FOUND');

export const accountDecider: Decider<AccountState, AccountCommand, AccountEvent> = {
  category: 'account',
  events: accountEvents,
  rejections,
  initialState: null,
  stateVersion: 1,

  /** Money that comes in is welcome whatever the balance and the name are by now, and a name has nothing to do with money. */
  undisturbedBy: {
    RenameAccount: ['FundsDeposited', 'FundsWithdrawn'],
    Deposit: ['FundsDeposited', 'FundsWithdrawn', 'AccountRenamed'],
  },

  claims: (account) => (account ? [{ key: `account-name:${account.name}`, taken: 'NAME_TAKEN' }] : []),

  decide(command, account) {
    switch (command.type) {
      case 'OpenAccount':
        return account ? reject('ACCOUNT_ALREADY_EXISTS') : [{ type: 'AccountOpened', data: command.data }];
      case 'RenameAccount':
        return opened(account).name === command.data.name ? [] : [{ type: 'AccountRenamed', data: command.data }];
      case 'Deposit':
        opened(account);
        return [{ type: 'FundsDeposited', data: command.data }];
      case 'Withdraw':
        if (opened(account).balance < command.data.amount) reject('INSUFFICIENT_FUNDS');
        return [{ type: 'FundsWithdrawn', data: command.data }];
    }
  },

  evolve(account, { type, data }) {
    const { name = '', balance = 0 } = account ?? {};
    switch (type) {
      case 'AccountOpened':
      case 'AccountRenamed':
        return { name: data.name, balance };
      case 'FundsDeposited':
        return { name, balance: balance + data.amount };
      case 'FundsWithdrawn':
        return { name, balance: balance - data.amount };
    }
  },
};
