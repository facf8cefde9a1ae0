import { expectTypeOf, it } from 'vitest';
import type * as Api from '../../api/fleet/shapes.ts';
import type * as Page from './fleet-contract.ts';

/** `tsc -p cloud/web` holds these; what they need at run time is nothing. */

it('whatever the API answers, the page can read', () => {
  expectTypeOf<Api.FleetImageList>().toExtend<Page.FleetImageList>();
  expectTypeOf<Api.RolloutList>().toExtend<Page.RolloutList>();
  expectTypeOf<Api.Rollout>().toExtend<Page.Rollout>();
  expectTypeOf<Api.AuditList>().toExtend<Page.AuditList>();
  expectTypeOf<Api.FleetVersions>().toExtend<Page.FleetVersions>();
});

it('the page looks for no state and no signal that the API never says', () => {
  expectTypeOf<Page.RolloutSummary['state']>().toEqualTypeOf<Api.RolloutSummary['state']>();
  expectTypeOf<Page.RolloutWave['state']>().toEqualTypeOf<Api.RolloutWave['state']>();
  expectTypeOf<Page.RolloutSignal['signal']>().toEqualTypeOf<Api.RolloutSignal['signal']>();
  expectTypeOf<Page.Rollout['failing']['signal']>().toEqualTypeOf<Api.Rollout['failing']['signal']>();
});

it('the page asks for no field that the API does not have', () => {
  expectTypeOf<Exclude<keyof Page.FleetImage, keyof Api.FleetImage>>().toBeNever();
  expectTypeOf<Exclude<keyof Page.Rollout, keyof Api.Rollout>>().toBeNever();
  expectTypeOf<Exclude<keyof Page.RolloutWave, keyof Api.RolloutWave>>().toBeNever();
  expectTypeOf<Exclude<keyof Page.RolloutSignal, keyof Api.RolloutSignal>>().toBeNever();
  expectTypeOf<Exclude<keyof Page.AuditEntry, keyof Api.AuditEntry>>().toBeNever();
  expectTypeOf<Exclude<keyof Page.Rollout['plan'], keyof Api.Rollout['plan']>>().toBeNever();
});
