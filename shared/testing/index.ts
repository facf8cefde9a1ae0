export { nodeArgsOf } from './program.ts';
