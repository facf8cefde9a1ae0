/** A plan or a state as `terraform show -json` tells it, as far as it is looked into. */
export interface PlannedValues {
  readonly root_module: PlannedModule;
}

interface PlannedModule {
  readonly resources?: readonly Planned[];
  readonly child_modules?: readonly PlannedModule[];
}

/** A resource with its values; what is not yet known is left out. */
export interface Planned {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Every resource of a plan's `planned_values`, or of a state's `values`. */
export function resourcesIn({ root_module }: PlannedValues): readonly Planned[] {
  const of = ({ resources = [], child_modules = [] }: PlannedModule): readonly Planned[] => [
    ...resources.filter(({ mode }) => mode === 'managed'),
    ...child_modules.flatMap(of),
  ];
  return of(root_module);
}
