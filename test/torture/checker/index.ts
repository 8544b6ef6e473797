import type { Module } from '../../../src/graphql/module.ts';
import { createSecrets } from '../../../src/privacy/secrets.ts';
import type { Evidence } from '../history.ts';
import { answersAgree, answersAreLogged, noDefects } from './answers.ts';
import { claimsAreExclusive, claimsAreStored } from './claims.ts';
import { decidedOnWhatTheyChange } from './decisions.ts';
import { feedsAreTheLog } from './feeds.ts';
import { listsAreOneMoment } from './lists.ts';
import { gapless, timeGoesOn, versionsCount } from './log.ts';
import { modelOf } from './model.ts';
import { freshnessIsTrue, tablesGoOn } from './moves.ts';
import { realTime } from './order.ts';
import { answersShowTheirRow, moneyAddsUp, readersSeeTheirWrites } from './rows.ts';
import { nothingIsFoundWrong, tablesAreFolds } from './tables.ts';
import { conflictsAreReal, expectedVersions } from './versions.ts';
import type { Rule, Violation } from './violation.ts';

/** What the run itself saw go wrong. */
const noIncidents: Rule = ({ incidents }) => incidents.map(({ what, at }) => ({ says: what, at }));

/** Every promise, by its name. */
const rulesFor = (masterKey: Uint8Array): Readonly<Record<string, Rule>> => ({
  'nothing fails by itself': noIncidents,
  'no answer is a defect': noDefects,
  'positions have no gap': gapless,
  'time goes on with position': timeGoesOn,
  'versions count a stream': versionsCount,
  'all answers to one command agree': answersAgree,
  'what is answered is in the log, and nothing else': answersAreLogged,
  'the log is in the order of real time': realTime,
  'expectedVersion lets one through': expectedVersions,
  'a conflict is real and shows what happened': conflictsAreReal,
  'a command is decided on the state that it changes': decidedOnWhatTheyChange,
  'a claim has one holder': claimsAreExclusive,
  'claims are stored as the states have them': claimsAreStored(createSecrets(masterKey)),
  'read tables are folds of the log': tablesAreFolds,
  'projections find nothing wrong': nothingIsFoundWrong,
  'a read table goes on, except by a rollback': tablesGoOn,
  'freshness is true, and goes on': freshnessIsTrue,
  'a list shows one moment': listsAreOneMoment,
  'money adds up': moneyAddsUp,
  'an answer shows the row as the command left it': answersShowTheirRow,
  'a client reads its own writes': readersSeeTheirWrites,
  'a subscriber gets the log': feedsAreTheLog,
});

/** Judges what a run has left. Pure. */
export function check(evidence: Evidence, modules: readonly Module[], masterKey: Uint8Array): Violation[] {
  const model = modelOf(evidence, modules);
  return Object.entries(rulesFor(masterKey)).flatMap(([rule, find]) =>
    Array.from(find(model), (violation) => ({ rule, ...violation })),
  );
}
