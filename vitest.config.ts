import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so unit tests need no build.
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'node_modules/.test-results.json' }]] : ['default'],
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
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...source,
        test: {
          // Whole programs as processes: one file at a time, after the unit tests, so that none starves another.
          name: 'system',
          include: ['test/{e2e,integrity,browser,hardware}/**/*.test.ts'],
          exclude,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          pool: 'forks',
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
