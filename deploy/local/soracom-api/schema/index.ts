export {
  type Asked,
  answerProblems,
  bodyProblems,
  operationAt,
  type QueryValues,
  readQuery,
} from './check.ts';
export { ANY_REFUSAL, OPERATIONS, type Operation, type OperationId } from './operations.ts';
export * from './shapes.ts';
