import { hostname } from 'node:os';

/** Words too common to be anybody's name. */
const LEAST_LENGTH = 6;

/**
 * What would tell where an image was built: the machine's name, the checkout's path, the hosts of its proxies,
 * registries and mirrors.
 */
export function namesOfBuildingMachine(root: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const hosts = Object.entries(env)
    .filter(([name]) => /proxy|registry|index_url|mirror/i.test(name) && !/no_proxy/i.test(name))
    .flatMap(([, value]) => /^\w+:\/\/(?:[^@/]*@)?([^:/]+)/.exec(value ?? '')?.[1] ?? []);
  const names = [hostname(), `${root}/`, ...hosts].filter((name) => name.length >= LEAST_LENGTH);
  return [...new Set(names)].filter((name) => !/^(localhost|127\.)/.test(name));
}
