export { startAgent } from './agent.ts';
export { CloudApi, type DeadLetter, type Device, type Stream, type WindowCount } from './cloud-api.ts';
export { haveCommand } from './command.ts';
export { temporaryDirectory } from './directory.ts';
export { type Pipeline, type PipelineOptions, startPipeline } from './pipeline.ts';
export { freePort } from './port.ts';
export { Program } from './program.ts';
export { until } from './until.ts';
export { WindowSums } from './window-sums.ts';
