import { expect, it } from 'vitest';
import { modules } from '../directories.ts';
import { catalogue } from './catalogue.ts';

it('has every module, and each says what it is', () => {
  expect(catalogue().map(({ name }) => `modules/${name}`)).toEqual(modules());
  expect(catalogue().filter(({ summary }) => !/^\S.+\.$/.test(summary))).toEqual([]);
});

it.each(catalogue())('says of every input and output of $name what it is', ({ inputs, outputs }) => {
  const silent = [...inputs, ...outputs].filter(({ description }) => !/^[A-Z*`].*[.`]$/.test(description));
  expect(silent).toEqual([]);
});
