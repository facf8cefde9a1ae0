export { replayRecording } from './command.ts';
export { REPLAY_HELP } from './help.ts';
export { parseReplayArguments } from './options.ts';
