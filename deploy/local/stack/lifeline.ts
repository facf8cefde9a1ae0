/**
 * Loaded into each part before its own program (`node --import`): a part whose starter is gone stops as if it had been
 * told to, so that nothing is left running after a kill -9 of `npm start`.
 */
const DRAIN_MS = 12_000;

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
});
// The line is there to be cut, not to keep a finished program alive.
process.channel?.unref();
