export { type BacklogFigures, openBacklog, writeBacklog } from './backlog.ts';
export { type PowerCutOutcome, runPowerCuts } from './power-cut-run.ts';
