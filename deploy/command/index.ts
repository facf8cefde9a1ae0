export {
  type Command,
  type CommandArguments,
  type CommandContext,
  type CommandGroup,
  EXIT_DECLINED,
  EXIT_FOUND,
  type ExitCode,
  flagOf,
  numberOf,
  type Option,
  type Positional,
  textOf,
  textsOf,
} from './group.ts';
export { visible } from './visible.ts';
