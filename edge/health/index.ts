export { type AgentFigures, agentMetrics } from './metrics.ts';
export { type HealthServer, startHealth } from './server.ts';
