export { type SpoolCommandOptions, spoolCommand } from './command.ts';
export { isWhole, type StreamReport, verifySpool } from './verify.ts';
