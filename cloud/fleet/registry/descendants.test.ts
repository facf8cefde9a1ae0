import { type ImageName, parseImageName } from '@tashika/shared/image';
import { expect, it } from 'vitest';
import { descendantsOf } from './descendants.ts';

function built(text: string, on?: string) {
  const parent: ImageName | null = on === undefined ? null : parseImageName(on)!;
  return { ...parseImageName(text)!, parent };
}

it('finds what stands on an image by others between, of either kind', () => {
  const found = descendantsOf([
    built('system/1.0.0'),
    built('system/1.1.0', 'system/1.0.0'),
    built('agent/1.5.0', 'system/1.1.0'),
    built('agent/1.6.0', 'agent/1.5.0'),
    built('agent/2.0.0'),
  ]);
  expect(found.get('system/1.0.0')).toEqual(['system/1.1.0', 'agent/1.5.0', 'agent/1.6.0']);
  expect(found.get('agent/1.5.0')).toEqual(['agent/1.6.0']);
  expect(found.get('agent/2.0.0')).toBeUndefined();
});

it('knows what stands on an image that is not there', () => {
  expect(descendantsOf([built('agent/1.5.0', 'agent/1.4.0')]).get('agent/1.4.0')).toEqual(['agent/1.5.0']);
});

it('comes to an end where records name one another in a ring', () => {
  const found = descendantsOf([built('agent/1.0.0', 'agent/2.0.0'), built('agent/2.0.0', 'agent/1.0.0')]);
  expect(Object.fromEntries(found)).toEqual({ 'agent/2.0.0': ['agent/1.0.0'], 'agent/1.0.0': ['agent/2.0.0'] });
});
