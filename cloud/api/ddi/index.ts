export { updaterRoutes } from './routes.ts';
