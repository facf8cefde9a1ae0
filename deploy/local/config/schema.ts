import Type, { type Static } from 'typebox';

const port = (what: string, standard: number) =>
  Type.Integer({ description: `Port of ${what}.`, minimum: 1, maximum: 65_535, default: standard });

const rate = (description: string) =>
  Type.Number({ description, unit: 'share of the posts', minimum: 0, maximum: 1, default: 0 });

/** The configuration of `npm start`; environment prefix `TASHIKA`. */
export const localSchema = Type.Object({
  data: Type.String({
    description: 'Where everything that is kept lies; a relative path is taken from the checkout.',
    minLength: 1,
    default: '.tashika',
  }),
  api: Type.Object({ port: port('the dashboard and the API', 8080) }),
  funnel: Type.Object(
    {
      httpPort: port("Funnel's HTTP entry point", 8088),
      port: port("Funnel's TCP and UDP entry points", 23_080),
      lose: rate('How often Funnel answers that it took a post and loses it.'),
      delay: rate('How often Funnel answers at once and delivers a while later.'),
      double: rate('How often Funnel delivers twice.'),
      reorder: rate('How often Funnel lets the next post of a SIM overtake.'),
      refuse: rate('How often Funnel answers 503.'),
    },
    { description: 'The Funnel stand-in, and how it misbehaves.' },
  ),
  eventHubs: Type.Object({ port: port('the Event Hubs stand-in (AMQP)', 5672) }),
  metadata: Type.Object({
    port: port('the metadata stand-in', 8090),
    userDataFile: Type.Optional(
      Type.String({
        description:
          "A file with user data, which configure the agent: JSON in the form of edge/CONFIGURATION.md. Read at each request, so it may be changed meanwhile. It takes the place of the user data that the SIMs' group has in the SORACOM API stand-in.",
        minLength: 1,
      }),
    ),
  }),
  beam: Type.Object({ port: port("the Beam stand-in's website entry point", 8888) }),
  soracomApi: Type.Object({ port: port("the stand-in of SORACOM's configuration API", 8091) }),
  agent: Type.Object({
    pref: Type.String({
      description: "Tag `pref` of the real agent's SIM: the prefecture that this machine counts for, in any spelling.",
      minLength: 1,
      default: '13',
    }),
  }),
  fleet: Type.Object(
    {
      devices: Type.Integer({
        description: 'Number of simulated devices; 0 for none.',
        minimum: 0,
        maximum: 64_770,
        default: 188,
      }),
      rate: Type.Number({
        description: 'Posts of each device per second, by day.',
        exclusiveMinimum: 0,
        maximum: 100,
        default: 0.1,
      }),
      seed: Type.Integer({
        description: 'Chooses the story that the simulated devices and the faults tell.',
        minimum: 0,
        default: 1,
      }),
    },
    { description: 'The simulated devices.' },
  ),
  rollout: Type.Union([Type.Literal('none'), Type.Literal('demo')], {
    description:
      '`demo`: the simulated devices have updaters, and a bad image is rolled out to them until the gate halts it. Where nothing else is said, there are 100 of them then, with a post every 2 s, and all that is kept lies in `.tashika/rollout-demo`.',
    default: 'none',
  }),
});

export type LocalConfiguration = Static<typeof localSchema>;
