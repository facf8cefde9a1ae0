export { FLAGS, parseArguments } from './arguments.ts';
export { helpText } from './help.ts';
export { Stack, type StackOptions } from './stack.ts';
