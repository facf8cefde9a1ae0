/** What a group is set to, by namespace (`SoracomFunnel`) and key. */
export type Configuration = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type Tags = Readonly<Record<string, string>>;

export interface ActualCredential {
  readonly type: string;
  readonly description: string;
}

export interface ActualGroup {
  readonly groupId: string;
  readonly tags: Tags;
  readonly configuration: Configuration;
}

export interface ActualSim {
  readonly simId: string;
  readonly imsis: readonly string[];
  readonly tags: Tags;
  readonly groupId?: string;
}

/** What an account is set to, as far as it was read. */
export interface Account {
  readonly operatorId: string;
  /** By id. Their secrets can't be read. */
  readonly credentials: Readonly<Record<string, ActualCredential>>;
  readonly groups: readonly ActualGroup[];
  readonly sims: readonly ActualSim[];
}

/** A group's name is a tag. */
export function nameOf(group: ActualGroup): string | undefined {
  return group.tags.name;
}

/** A SIM as people call it: by its IMSI, where it has one. */
export function callSim({ simId, imsis }: ActualSim): string {
  return imsis[0] ?? simId;
}
