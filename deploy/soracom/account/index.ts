export {
  type Account,
  type ActualCredential,
  type ActualGroup,
  type ActualSim,
  type Configuration,
  callSim,
  nameOf,
  type Tags,
} from './account.ts';
export { type Reading, readAccount } from './read.ts';
export { credentialShown, groupShown, simShown, withoutEmpty } from './shapes.ts';
