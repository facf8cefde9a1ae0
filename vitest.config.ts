import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

// Workspace packages resolve to their TypeScript source, so unit tests need no build.
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'node_modules/.test-results.json' }]] : ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{shared,edge,cloud,deploy}/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: 'forks',
          maxWorkers: 2,
          // Files share a process and what they import: a third of the time was loading it anew.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...source,
        test: {
          // Whole programs that must answer in time, after the unit tests: two files at a time, for they wait much, for a
          // minute to end or a page to load, and two cores serve two without one starving the other.
          name: 'system',
          include: ['test/{e2e,browser}/**/*.test.ts'],
          exclude,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          pool: 'forks',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...source,
        test: {
          // Whole programs under faults, which have no time to keep and wait much: three files at a time.
          name: 'integrity',
          include: ['test/integrity/**/*.test.ts'],
          exclude,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          pool: 'forks',
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...source,
        test: {
          // Emulated machines, which wait much: beside the faults.
          name: 'hardware',
          include: ['test/hardware/**/*.test.ts'],
          exclude,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          pool: 'forks',
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
