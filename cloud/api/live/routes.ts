import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { ProblemError, problems, querySchema } from '../problem.ts';
import { LiveMessage, ref } from '../shapes.ts';
import { EventStream } from './event-stream.ts';
import type { LiveFeed } from './feed.ts';
import { negotiate } from './media-type.ts';

/** Each open feed may leave a megabyte unread; this bounds what all of them can take. */
const MOST_FOLLOWERS = 1_000;

const CHANGE_ID = /^\d{1,15}$/;

/** The live feed as an event stream, and as one snapshot in JSON for those who poll. */
export function liveRoutes({ feed }: { feed: LiveFeed }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/live',
      {
        exposeHeadRoute: false, // a HEAD would have to wait for the end of a stream that has none
        schema: {
          operationId: 'getLive',
          summary: 'The live feed',
          description:
            'As `text/event-stream`: an event `snapshot`, then `delta`s, at least one every 2 s, at most 5 a second. ' +
            'With `Last-Event-ID`: what changed since, or a `snapshot` where that is not known any more. ' +
            'As `application/json`: the snapshot, with an ETag. The data of every event is a LiveMessage in one line.',
          tags: ['live'],
          querystring: querySchema({}),
          headers: Type.Object({
            'last-event-id': Type.Optional(Type.String({ description: 'The id of the last event seen.' })),
            'if-none-match': Type.Optional(Type.String({ description: 'The ETag of the last snapshot.' })),
          }),
          response: {
            200: {
              description: 'An event stream, or a snapshot.',
              content: {
                'application/json': { schema: ref(LiveMessage) },
                'text/event-stream': { schema: Type.String() },
              },
            },
            304: { description: 'The snapshot is still the same.', type: 'null' },
            ...problems(400, 406, 503),
          },
        },
      },
      async (request, reply) => {
        switch (negotiate(request.headers.accept)) {
          case 'application/json':
            return answerSnapshot(feed, request, reply);
          case 'text/event-stream':
            return openStream(feed, request, reply);
          default:
            throw new ProblemError('NOT_ACCEPTABLE', 'The live feed is text/event-stream or application/json.');
        }
      },
    );
  };
}

/** Whether a request opens a live stream, which is one request however long it is followed. */
export function opensStream({ method, url, headers }: Pick<FastifyRequest, 'method' | 'url' | 'headers'>): boolean {
  return method === 'GET' && url === '/api/live' && negotiate(headers.accept) === 'text/event-stream';
}

async function answerSnapshot(feed: LiveFeed, request: FastifyRequest, reply: FastifyReply) {
  const snapshot = await feed.snapshot();
  const etag = etagOf(snapshot);
  reply.header('etag', etag).header('cache-control', 'no-cache').header('vary', 'accept');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.type('application/json').send(snapshot);
}

function openStream(feed: LiveFeed, request: FastifyRequest, reply: FastifyReply) {
  if (feed.followers >= MOST_FOLLOWERS)
    throw new ProblemError('TOO_MANY_CLIENTS', `${MOST_FOLLOWERS} live feeds are open; try again later.`, {
      headers: { 'retry-after': '10' },
    });
  reply.hijack();
  const stream = new EventStream(reply.raw, reply.getHeaders());
  stream.onClose(() => feed.leave(stream));
  const lastEventId = request.headers['last-event-id'];
  const resumes = typeof lastEventId === 'string' && CHANGE_ID.test(lastEventId);
  feed.follow(stream, resumes ? Number(lastEventId) : undefined);
  return reply;
}

/** Weak: two snapshots that differ by nothing but the time they were read at are as good as the same. */
function etagOf({ asOf: _asOf, figures, ...rest }: LiveMessage): string {
  const lasting = JSON.stringify({ ...rest, figures: { ...figures, watermarkDelayMs: null } });
  return `W/"${createHash('sha1').update(lasting).digest('base64url')}"`;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((each) => each.trim() === etag || each.trim() === '*');
}
