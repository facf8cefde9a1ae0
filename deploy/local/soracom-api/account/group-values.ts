import Type, { type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Configuration, Namespace } from './model.ts';

/**
 * The settings of a group that something here reads, by namespace; from SORACOM's user documentation on group
 * configuration, Funnel, Beam and the metadata service. Keys that are not listed may hold anything.
 */
export const funnelValues = Type.Partial(
  Type.Object({
    enabled: Type.Boolean(),
    credentialsId: Type.String(),
    contentType: Type.Enum(['json', 'text', 'unspecified', 'binary', 'application/x-soracom-bf-v1']),
    addSimId: Type.Boolean(),
    destination: Type.Object({
      provider: Type.String(),
      service: Type.String(),
      resourceUrl: Type.String(),
      payloadsOnly: Type.Optional(Type.Boolean()),
    }),
  }),
);

export const airValues = Type.Partial(
  Type.Object({
    metadata: Type.Object({ enabled: Type.Boolean(), readonly: Type.Optional(Type.Boolean()) }),
    userdata: Type.String(),
  }),
);

/** A pre-shared key in the configuration itself, or a credential of type `psk`. */
const psk = Type.Union([Type.String(), Type.Object({ $credentialsId: Type.String() })]);

/** What an entry point of Beam is set to. */
export const beamEntryValues = Type.Object({
  name: Type.Optional(Type.String()),
  enabled: Type.Boolean(),
  destination: Type.String(),
  addSubscriberHeader: Type.Optional(Type.Boolean()),
  addEquipmentHeader: Type.Optional(Type.Boolean()),
  addSimIdHeader: Type.Optional(Type.Boolean()),
  addSignature: Type.Optional(Type.Boolean()),
  psk: Type.Optional(psk),
});

/** By entry point: `http://beam.soracom.io:8888/` and the like. */
export const beamValues = Type.Record(Type.String(), beamEntryValues);

export type FunnelValues = Static<typeof funnelValues>;
export type AirValues = Static<typeof airValues>;
export type BeamValues = Static<typeof beamValues>;

const KNOWN: Partial<Record<Namespace, TSchema>> = {
  SoracomFunnel: funnelValues,
  SoracomAir: airValues,
  SoracomBeam: beamValues,
};

/** What is wrong with a configuration's values, in words that hold none of them. */
export function namespaceProblems(configuration: Configuration): readonly string[] {
  return Object.entries(KNOWN).flatMap(([namespace, schema]) => {
    const content = configuration[namespace as Namespace];
    if (!content) return [];
    return Value.Errors(schema, content).map(({ instancePath, message }) => `${namespace}${instancePath}: ${message}`);
  });
}
