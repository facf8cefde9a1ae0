export { LiveFeed, type LiveFeedOptions } from './feed.ts';
export { readCensus } from './pulse.ts';
export { liveRoutes, opensStream } from './routes.ts';
