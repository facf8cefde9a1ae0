import { count } from '@tashika/shared/sequence';
import type { Logger } from 'pino';
import type { Reporter } from './spool/index.ts';

/** What the spool reports, as log lines for a person. */
export function spoolLog(logger: Logger): Reporter {
  return (report) => {
    switch (report.kind) {
      case 'torn-tail':
        return logger.warn(report, 'a crash left an unfinished record at the end of the spool; it is cut off');
      case 'segment-corrupt':
        return logger.error(
          { code: 'SEGMENT_CORRUPT', ...report },
          'a spool segment is corrupt; what can be read of it is sent',
        );
      case 'segment-set-aside':
        return logger.warn(report, 'the corrupt segment is set aside');
      case 'set-aside-removed':
        return logger.warn(report, 'a corrupt segment is deleted to make room for readings');
      case 'folder-left':
        return logger.warn(
          { folder: report.folder, err: report.error },
          'everything in this folder is sent, but it cannot be removed; look into it and delete it',
        );
      case 'lost': {
        const details = { ...report, readings: count(report.ranges) };
        // What the configuration asks for is no fault.
        if (report.why === 'thinned-out' || report.why === 'too-old')
          return logger.warn(details, 'readings are given up, as configured; the cloud is told which');
        return logger.error(details, 'readings are lost; the cloud is told which');
      }
      case 'new-stream':
        return report.why === 'first'
          ? logger.info(report, 'a new spool begins')
          : logger.error(report, 'the spool is damaged so that numbers could be used twice; a new stream begins');
      case 'write-budget-spent':
        return logger.warn(
          report,
          'today more was written to the disk than spool.dailyWriteBytes; storing goes on, and wears an SD card faster',
        );
      case 'disk-refuses':
        return logger.error(
          { code: 'DISK_FULL', err: report.error },
          'the disk takes no readings; they wait in memory',
        );
      case 'disk-recovered':
        return logger.info('the disk takes readings again');
    }
  };
}
