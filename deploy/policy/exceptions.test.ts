import { describe, expect, it } from 'vitest';
import { parseExceptions } from './exceptions.ts';

const RULES = ['terraform.tls-is-new'];
const GOOD = {
  rule: 'terraform.tls-is-new',
  resource: 'azurerm_storage_account.old',
  owner: 'platform@example.com',
  reason: 'The old reader speaks nothing newer.',
  expires: '2026-06-30',
};

describe('an exception', () => {
  it('with an owner, a reason and a day is taken', () => {
    expect(parseExceptions([GOOD], RULES)).toEqual({ exceptions: [GOOD], wrong: [] });
  });

  it.each([
    [{ ...GOOD, owner: '' }, 'exception 1 lacks owner.'],
    [{ ...GOOD, reason: undefined, expires: 7 }, 'exception 1 lacks reason, expires.'],
    [{ ...GOOD, resource: undefined }, 'exception 1 lacks resource.'],
    [{ ...GOOD, expires: 'never' }, 'exception 1 expires on never; a day is YYYY-MM-DD.'],
    [{ ...GOOD, expires: '2026-02-30' }, 'exception 1 expires on 2026-02-30; a day is YYYY-MM-DD.'],
    [{ ...GOOD, rule: 'terraform.tls' }, 'exception 1 names the rule terraform.tls, which the base does not have.'],
    [{ ...GOOD, team: 'field' }, 'exception 1 has team, which an exception does not have.'],
    ['all', 'exception 1 is no object.'],
  ])('like %j is not', (entry, said) => {
    expect(parseExceptions([entry], RULES).wrong).toEqual([said]);
  });

  it('stands in a list', () => {
    expect(parseExceptions({}, RULES).wrong).toEqual(['it is no JSON array of exceptions.']);
  });
});
