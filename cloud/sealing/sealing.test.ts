import { TashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { openingBy, openSealing } from './index.ts';
import { scriptedTransit } from './testing/transit.ts';

const HOUR = 3_600_000;
const settings = { fields: ['gps/*', 'door/card'], key: 'transit/fields' };
const away = new TashikaError('VAULT_UNREACHABLE', 'nobody listens');

async function scene() {
  const vault = scriptedTransit();
  const clock = new TestClock();
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (_: object, message: string) => warnings.push(message), error() {} };
  const sealing = await openSealing(settings, { vault, clock, logger });
  return { vault, clock, warnings, sealing, opening: openingBy(vault, settings.key, clock) };
}

describe('sealing', () => {
  it.each([
    ['gps/lat', true],
    ['gps/', true],
    ['gps', false],
    ['door/card', true],
    ['door/card2', false],
  ])('of %s: %s', async (name, covered) => {
    const { sealing } = await scene();
    expect(sealing.covers(name)).toBe(covered);
  });

  it('opens where it was sealed for, and asks Vault once for each key', async () => {
    const { vault, sealing, opening } = await scene();
    const [one, two] = [sealing.seal('35.68', 'here'), sealing.seal('35.68', 'here')];
    expect(one).not.toBe(two);
    expect(`${one}${two}`).not.toContain('35.68');
    expect((await opening.open(one, 'here')).toString()).toBe('35.68');
    expect((await opening.open(two, 'here')).toString()).toBe('35.68');
    expect(vault.asked).toEqual(['transit/datakey/plaintext/fields', 'transit/decrypt/fields']);
  });

  it('does not open elsewhere, nor what was changed, nor what was never sealed', async () => {
    const { sealing, opening } = await scene();
    const sealed = sealing.seal('35.68', 'here');
    const [form, body, wrapped] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64url');
    bytes[bytes.length - 1]! ^= 1;
    const changed = [form, bytes.toString('base64url'), wrapped].join('.');
    for (const [text, place] of [
      [sealed, 'there'],
      [changed, 'here'],
      ['35.68', 'here'],
    ] as const)
      await expect(opening.open(text, place)).rejects.toMatchObject({ code: 'SEALED_UNREADABLE' });
  });

  it('takes a new key each hour, and the old ones still open', async () => {
    const { clock, sealing, opening } = await scene();
    const texts = [sealing.seal('a', 'here')];
    await clock.advance(HOUR);
    texts.push(sealing.seal('b', 'here'));
    expect(new Set(texts.map((text) => text.split('.')[2])).size).toBe(2);
    const opened = await Promise.all(texts.map((text) => opening.open(text, 'here')));
    expect(opened.map(String)).toEqual(['a', 'b']);
  });

  it('goes on with the last key while Vault is away, says so, and takes a new one when it is back', async () => {
    const { vault, clock, sealing, warnings } = await scene();
    const wrappedNow = () => sealing.seal('a', 'here').split('.')[2];
    const first = wrappedNow();
    vault.failure = away;
    await clock.advance(HOUR + 60_000);
    expect(wrappedNow()).toBe(first);
    expect(warnings).toHaveLength(2);
    vault.failure = undefined;
    await clock.advance(60_000);
    expect(wrappedNow()).not.toBe(first);
  });

  it('does not begin without a key: nothing is stored in clear instead', async () => {
    const vault = scriptedTransit();
    vault.failure = away;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    await expect(openSealing(settings, { vault, clock: new TestClock(), logger })).rejects.toBe(away);
  });

  it('asks Vault again for a key that it could not have, when some seconds have passed', async () => {
    const { vault, clock, sealing, opening } = await scene();
    const sealed = [sealing.seal('a', 'here')];
    await clock.advance(HOUR);
    sealed.push(sealing.seal('b', 'here'));
    vault.failure = away;
    const asked = vault.asked.length;
    for (const each of [...sealed, ...sealed]) await expect(opening.open(each, 'here')).rejects.toBe(away);
    expect(vault.asked.length - asked).toBe(1);
    vault.failure = undefined;
    await clock.advance(5_000);
    expect((await opening.open(sealed[1]!, 'here')).toString()).toBe('b');
  });

  it('opens the rest though Vault can not take one of the keys', async () => {
    const { sealing, opening } = await scene();
    const sealed = sealing.seal('a', 'here');
    await expect(opening.open(sealed.replace(/[^.]*$/, 'vault:v1:gone'), 'here')).rejects.toMatchObject({
      code: 'VAULT_REFUSED',
    });
    expect((await opening.open(sealed, 'here')).toString()).toBe('a');
  });

  it('leaves nothing waiting when it stops', async () => {
    const { clock, sealing } = await scene();
    sealing.stop();
    expect(clock.pending).toBe(0);
  });
});
