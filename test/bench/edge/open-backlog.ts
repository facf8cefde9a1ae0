import { openBacklog } from '@tashika/edge/spool/testing';

/** A process of its own for one measurement: opens the spool in a directory, and reads so many of its readings. */
const [directory, readings] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await openBacklog(directory!, Number(readings))));
