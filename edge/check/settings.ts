import { leavesOf } from '@tashika/shared/config';
import { EDGE_PREFIX, type EdgeConfiguration, edgeSchema } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** That the configuration is valid is known by now, or there would be none; this says where its values came from. */
export function checkSettings(configuration: EdgeConfiguration, env: Environment): readonly CheckLine[] {
  const fromEnvironment: string[] = [];
  const fromFile: string[] = [];
  for (const { path, environment, schema } of leavesOf(edgeSchema, EDGE_PREFIX)) {
    const value = valueAt(configuration, path);
    if (env[environment]) fromEnvironment.push(path);
    else if (value !== undefined && JSON.stringify(value) !== JSON.stringify(schema.default)) fromFile.push(path);
  }
  const origins = [
    ...(fromEnvironment.length > 0 ? [`From the environment: ${fromEnvironment.join(', ')}.`] : []),
    ...(fromFile.length > 0 ? [`From the file: ${fromFile.join(', ')}.`] : []),
  ];
  const detail = ['Every setting is valid.', ...origins, 'The rest are defaults.'].join(' ');
  return [{ subject: 'configuration', verdict: 'ok', detail }];
}

function valueAt(configuration: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], configuration);
}
