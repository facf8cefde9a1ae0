export { LiveFeed, type LiveFeedOptions } from './feed.ts';
export { liveRoutes } from './routes.ts';
