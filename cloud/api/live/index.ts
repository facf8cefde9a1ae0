export { LiveFeed, type LiveFeedOptions } from './feed.ts';
export { readCensus } from './pulse.ts';
export { liveRoutes } from './routes.ts';
