/**
 * The environment of a program that the agent starts: without the agent's own settings, some of which are secret, and
 * with messages in English.
 */
export function childEnvironment(inherited: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const others = Object.entries(inherited).filter(([name]) => !name.startsWith('TASHIKA_'));
  return { ...Object.fromEntries(others), LC_ALL: 'C' };
}
