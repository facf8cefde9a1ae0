export { StoredCheckpoints } from './checkpoint-store.ts';
export { type Batch, type CommitContext, type Committed, commit, streamsOf } from './commit.ts';
export { openedBody } from './dead-letter.ts';
export { type ArrivedEvent, type OpenedEvent, openEvent, type Refusal, refuse } from './event.ts';
export { GroupCommit, type ReadBatch } from './group-commit.ts';
export { type HubFacts, HubInspector, type PartitionFacts } from './hub.ts';
export { HubClock } from './hub-clock.ts';
export { hubKeyOf } from './hub-key.ts';
export { type HubCredential, type HubSettings, hubAddressOf, hubSettingsOf, withKey } from './hub-settings.ts';
export {
  type HubAddress,
  noTotals,
  type PartitionProgress,
  partitionPositions,
  SUMMED_TOTALS,
  type Totals,
  tickIdle,
} from './partition.ts';
export { PARTITION_FAULTS, partitionState } from './partition-state.ts';
export { HubReader } from './reader.ts';
export { type Redriven, redrive } from './redrive.ts';
export { redriveSweep, type Sweep } from './redrive-sweep.ts';
export { registerPartitions } from './register.ts';
export { type Arrival, type EventOutcome, Tally } from './tally.ts';
export { storable } from './text.ts';
export { type PartitionStanding, type PartitionState, standingOf } from './watch.ts';
export {
  type HubTrouble,
  type RunningWorker,
  readWatched,
  readWorkers,
  removeWorker,
  saveStandings,
  saveWorker,
  type Watched,
  type WatchedPartition,
} from './watch-rows.ts';
