export {
  type Command,
  type CommandArguments,
  type CommandContext,
  type CommandGroup,
  EXIT_FOUND,
  type ExitCode,
  flagOf,
  numberOf,
  type Option,
  type Positional,
  textOf,
  textsOf,
} from './group.ts';
