export { isJournal, journalLine, loggers } from './log.ts';
