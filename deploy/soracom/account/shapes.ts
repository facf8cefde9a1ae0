import type { Account, ActualGroup, ActualSim, Configuration, Tags } from './account.ts';

type Shown = Readonly<Record<string, unknown>>;

/** A credential as the API shows it, `[id, credential]`. */
export function credentialShown(shown: Shown): [string, Account['credentials'][string]] {
  return [String(shown.credentialsId), { type: String(shown.type), description: textIn(shown.description) ?? '' }];
}

export function groupShown(shown: Shown): ActualGroup {
  const configuration = Object.entries(objectIn(shown.configuration)).map(([namespace, content]) => [
    namespace,
    objectIn(content),
  ]);
  return {
    groupId: String(shown.groupId),
    tags: tagsShown(shown.tags),
    configuration: withoutEmpty(Object.fromEntries(configuration)),
  };
}

/** A SIM's subscriptions stand in its profiles; a virtual one, or an older answer, has the IMSI itself. */
export function simShown(shown: Shown): ActualSim {
  const profiles = Object.values(objectIn(shown.profiles)).map(objectIn);
  const imsis = [
    textIn(shown.imsi),
    ...profiles.map(({ primaryImsi }) => textIn(primaryImsi)),
    ...profiles.flatMap(({ subscribers }) => Object.keys(objectIn(subscribers))),
  ].filter((imsi) => imsi !== undefined);
  const groupId = textIn(shown.groupId);
  return {
    simId: String(shown.simId),
    imsis: [...new Set(imsis)],
    tags: tagsShown(shown.tags),
    ...(groupId === undefined ? {} : { groupId }),
  };
}

/** A namespace that lost its last key is one without settings. */
export function withoutEmpty(configuration: Configuration): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([, content]) => Object.keys(content).length > 0));
}

/** The API shows an empty name where there is none. */
function tagsShown(shown: unknown): Tags {
  return Object.fromEntries(
    Object.entries(objectIn(shown))
      .map(([name, value]) => [name, String(value)] as const)
      .filter(([name, value]) => name !== 'name' || value !== ''),
  );
}

function objectIn(value: unknown): Shown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Shown) : {};
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
