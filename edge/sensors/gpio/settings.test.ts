import { expect, it } from 'vitest';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { interfaceOf, watchOptions } from './settings.ts';

function configuration(settings: object) {
  return sensorsConfiguration({ gpio: [{ name: 'line', pin: 17, ...settings }] }).gpio[0]!;
}

it.each<[string, object, boolean, 'sysfs' | 'gpiomon']>([
  ['a level', {}, true, 'sysfs'],
  ['a level where sysfs is of no use', {}, false, 'gpiomon'],
  ['a counter', { mode: 'counter' }, true, 'gpiomon'],
  ['a level with a pull', { pull: 'up' }, true, 'gpiomon'],
  ['a level that is to go by gpiomon', { driver: 'gpiomon' }, true, 'gpiomon'],
  ['a level that is to go by sysfs', { driver: 'sysfs' }, false, 'sysfs'],
])('%s is watched by the interface that will do', (_what, settings, sysfs, expected) => {
  expect(interfaceOf(configuration(settings), sysfs)).toBe(expected);
});

it.each<[object, object]>([
  [{}, { edge: 'both', debounceMs: 50 }],
  [{ mode: 'counter' }, { edge: 'rising', debounceMs: 5 }],
  [
    { mode: 'counter', edge: 'falling', debounceMs: 0 },
    { edge: 'falling', debounceMs: 0 },
  ],
])('%j leaves out what its mode says', (settings, expected) => {
  expect(watchOptions(configuration(settings))).toMatchObject(expected);
});
