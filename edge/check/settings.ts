import { leavesOf } from '@tashika/shared/config';
import { EDGE_PREFIX, edgeSchema, type LocalSettings } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** Where a setting that is not its default comes from. */
export type SettingSource = 'environment' | 'file' | 'user data';

/** The settings that are not defaults, each with where its value comes from: the strongest that has it. */
export function sourcesOf({ file, env }: LocalSettings, userData: object): ReadonlyMap<string, SettingSource> {
  const sources = new Map<string, SettingSource>();
  for (const { path, environment } of leavesOf(edgeSchema, EDGE_PREFIX)) {
    if (env[environment]) sources.set(path, 'environment');
    else if (has(file, path)) sources.set(path, 'file');
    else if (has(userData, path)) sources.set(path, 'user data');
  }
  return sources;
}

/** That the configuration is valid is known by now, or there would be none; this says where its values came from. */
export function checkSettings(local: LocalSettings, userData: object): readonly CheckLine[] {
  const sources = [...sourcesOf(local, userData)];
  const from = (source: SettingSource, name: string) => {
    const paths = sources.filter(([, each]) => each === source).map(([path]) => path);
    return paths.length > 0 ? [`From ${name}: ${paths.join(', ')}.`] : [];
  };
  const detail = [
    'Every setting is valid.',
    ...from('environment', 'the environment'),
    ...from('file', 'the file'),
    ...from('user data', "the group's user data"),
    'The rest are defaults.',
  ].join(' ');
  return [{ subject: 'configuration', verdict: 'ok', detail }];
}

function has(document: object, path: string): boolean {
  return (
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document) !==
    undefined
  );
}
