export { complaint, isJournal, journalLine, loggers } from './log.ts';
