export { startAgent } from './agent.ts';
export { buildAgentImage } from './agent-image.ts';
export { type Bao, type BaoOptions, haveBao, startBao } from './bao.ts';
export { Broker } from './broker.ts';
export { CloudApi, type DeadLetter, type Device, type Readiness, type Stream, type WindowCount } from './cloud-api.ts';
export { Cluster, type PartitionRow, SEED } from './cluster.ts';
export { haveCommand } from './command.ts';
export { temporaryDirectory } from './directory.ts';
export { elsewhere } from './elsewhere.ts';
export { envelopeOf } from './envelope.ts';
export type { HubEvent } from './hub.ts';
export { type HubLine, startHubLine } from './hub-line.ts';
export { PartitionJournal, type PartitionMove } from './partition-journal.ts';
export { type Pipeline, type PipelineOptions, startPipeline } from './pipeline.ts';
export { freePort } from './port.ts';
export { type PostTap, startPostTap, type TappedPost } from './post-tap.ts';
export { type Postgres, startPostgres } from './postgres.ts';
export { Program } from './program.ts';
export { type Receipt, ReceiptedDevice, type ReceiptedDeviceOptions } from './receipted-device.ts';
export { refuseCommits } from './refusals.ts';
export { Rival, untilWaiting } from './rival.ts';
export { ScriptedDevice } from './scripted-device.ts';
export { SimLine } from './sim-line.ts';
export { type ClusterOptions, startCluster } from './start-cluster.ts';
export { type Answered, tashika } from './tashika.ts';
export { type CommitFate, type Committing, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export {
  bodyOf,
  type Expected,
  type ExpectedStream,
  expectedOf,
  type SentEvent,
  type SentPost,
  type TrafficOptions,
  traffic,
} from './traffic.ts';
export { until } from './until.ts';
export { startUpdatingScene, type UpdatingScene, type UpdatingSceneOptions } from './updating-scene.ts';
export { clearOfTheWindowsEnd, theNextWindow } from './window-end.ts';
export { WindowSums } from './window-sums.ts';
