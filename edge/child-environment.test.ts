import { expect, it } from 'vitest';
import { childEnvironment } from './child-environment.ts';

it("a program that the agent starts has the agent's environment without its settings, and speaks English", () => {
  const own = { PATH: '/bin', LANG: 'ja_JP.UTF-8', LC_ALL: 'ja_JP.UTF-8', TASHIKA_EDGE_SENSORS: '[{"password":"x"}]' };
  expect(childEnvironment(own)).toEqual({ PATH: '/bin', LANG: 'ja_JP.UTF-8', LC_ALL: 'C' });
});
