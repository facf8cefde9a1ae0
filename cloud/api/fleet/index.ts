export type {
  AuditEntry,
  AuditList,
  FleetDevice,
  FleetImage,
  FleetImageList,
  FleetVersions,
  Rollout,
  RolloutList,
  RolloutSignal,
  RolloutSummary,
  RolloutWave,
} from './shapes.ts';
