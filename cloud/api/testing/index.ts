export {
  addFleetImage,
  addRollout,
  addTellingDevices,
  moveDevices,
  type SignalSeed,
  setSignals,
} from './fleet-seed.ts';
export { LiveClient } from './live-client.ts';
export { type OpenApi, openApi, openApiOver } from './open.ts';
export { addDeadLetter, addDevice, addLedger, commitWindows, setPartition, setWatch } from './seed.ts';
