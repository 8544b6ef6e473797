import { describe, expect, it } from 'vitest';
import { clientAt } from '../../src/graphql/addresses.ts';
import { type AdmissionLimits, createAdmission, type Pass } from '../../src/graphql/admission.ts';

const admitting = (limits: Partial<AdmissionLimits>) =>
  createAdmission({ total: 100, perAddress: 100, perActor: 100, ...limits });

function passOf(entered: ReturnType<ReturnType<typeof createAdmission>['enter']>): Pass {
  if ('status' in entered) throw new Error(entered.message);
  return entered;
}

describe('admission', () => {
  it('lets in so many in all, and another one when one has left', () => {
    const admission = admitting({ total: 2 });
    const first = passOf(admission.enter('10.0.0.1'));
    passOf(admission.enter('10.0.0.2'));
    expect(admission.enter('10.0.0.3')).toMatchObject({ status: 503 });
    first.leave();
    first.leave();
    expect(admission.size).toBe(1);
    passOf(admission.enter('10.0.0.3'));
    expect(admission.enter('10.0.0.4')).toMatchObject({ status: 503 });
  });

  it('lets in so many from one address, and others all the same', () => {
    const admission = admitting({ perAddress: 1 });
    const first = passOf(admission.enter('10.0.0.1'));
    expect(admission.enter('::ffff:10.0.0.1')).toMatchObject({ status: 429 });
    passOf(admission.enter('10.0.0.2'));
    first.leave();
    passOf(admission.enter('10.0.0.1'));
    expect(admission.size).toBe(2);
  });

  it('lets in so many of one actor, wherever they come from, and any number of nobody', () => {
    const admission = admitting({ perActor: 1 });
    const [one, other, ...more] = Array.from({ length: 5 }, (_, n) => passOf(admission.enter(`10.0.0.${n}`)));
    expect(one?.as('ada')).toBe(true);
    expect(one?.as('ada')).toBe(true);
    expect(other?.as('ada')).toBe(false);
    expect(other?.as('grace')).toBe(true);
    expect(more.map((pass) => pass.as(null))).toEqual([true, true, true]);
    one?.leave();
    expect(more[0]?.as('ada')).toBe(true);
    expect(one?.as('grace')).toBe(false);
  });
});

describe('the client at an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1:4711', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:0001', '10.0.0.1'],
    ['[::ffff:10.0.0.1]:4711', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2'],
    ['[2001:db8:1:2::9]:4711', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', 'unknown'],
    ['unknown', 'unknown'],
    ['10.0.0.1.example.org', 'unknown'],
  ])('%s is %s', (address, client) => expect(clientAt(address)).toBe(client));
});
