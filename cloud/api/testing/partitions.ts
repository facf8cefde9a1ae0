import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type OpenApi, openApi, openApiOver } from './open.ts';

/** An API over a store that knows no partition when a test begins; one store serves all tests of a file. */
export function apiWithoutPartitions(now: number) {
  let opened: OpenApi;
  let app: FastifyInstance;
  let clock: TestClock;
  beforeAll(async () => {
    opened = await openApi();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await opened.store.script('TRUNCATE partition, partition_watch, worker');
    clock = new TestClock(now);
    app = await openApiOver(opened.store, { clock });
  });
  afterEach(() => app.close());
  return {
    get store() {
      return opened.store;
    },
    get app() {
      return app;
    },
    get clock() {
      return clock;
    },
  };
}
