import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * Loaded into each part before its own program (`node --import`): a part whose starter is gone stops as if it had been
 * told to, so that nothing is left running after a kill -9 of `npm start`.
 */
const DRAIN_MS = 12_000;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

process.on('disconnect', () => {
  // Nobody reads these any more, and sonic-boom (pino) tries a broken pipe again for ever when the program exits. The
  // lowest free number is given to the file that is opened next, so each descriptor leads to nowhere from now on.
  for (const descriptor of [STANDARD_OUTPUT, STANDARD_ERROR]) {
    closeSync(descriptor);
    openSync(devNull, 'w');
  }
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
});
// The line is there to be cut, not to keep a finished program alive.
process.channel?.unref();
