export { type SpoolCommandOptions, spoolCommand } from './command.ts';
export { streamsIn } from './disk.ts';
export { isWhole, type StreamReport, verifySpool } from './verify.ts';
