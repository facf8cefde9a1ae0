import Type from 'typebox';

/** What updaters are told, as hawkBit's DDI v1 has it. The rules of `../shapes.ts` hold here too. */

const Href = Type.Object({ href: Type.String({ format: 'uri' }) });
const handling = Type.Unsafe<'forced' | 'attempt' | 'skip'>({ type: 'string', enum: ['forced', 'attempt', 'skip'] });

export const UpdaterPoll = Type.Object({
  config: Type.Object({
    polling: Type.Object({
      sleep: Type.String({ description: 'How long to sleep before the next poll, `HH:MM:SS`.' }),
    }),
  }),
  _links: Type.Object({
    configData: Type.Optional(Href),
    deploymentBase: Type.Optional(Href),
    cancelAction: Type.Optional(Href),
  }),
});

export const UpdaterDeployment = Type.Object({
  id: Type.String(),
  deployment: Type.Object({
    download: handling,
    update: handling,
    maintenanceWindow: Type.Optional(
      Type.Unsafe<'available' | 'unavailable'>({ type: 'string', enum: ['available', 'unavailable'] }),
    ),
    chunks: Type.Array(
      Type.Object({
        part: Type.String(),
        version: Type.String(),
        name: Type.String(),
        artifacts: Type.Array(
          Type.Object({
            filename: Type.String(),
            size: Type.Integer(),
            hashes: Type.Object({ sha1: Type.String(), md5: Type.String(), sha256: Type.String() }),
            _links: Type.Object({ download: Type.Optional(Href), 'download-http': Type.Optional(Href) }),
          }),
        ),
      }),
    ),
  }),
});

export const UpdaterCancellation = Type.Object({
  id: Type.String(),
  cancelAction: Type.Object({ stopId: Type.String() }),
});
