import { messageOf, TashikaError } from '@tashika/shared/errors';

/** The `code` of an error by which a package of the agent says that it leaves an add-on out, and what to do instead. */
const LEFT_OUT = 'ADD_ON_LEFT_OUT';

/**
 * Loads an optional dependency. Native add-ons are optional so that the agent installs and runs without a compiler;
 * a machine without one only lacks the sensors that need it.
 *
 * @throws TashikaError `SENSOR_UNAVAILABLE` where the package is not installed or not built for this Node
 */
export async function loadAddOn<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const reason = messageOf(cause).split('\n')[0];
    const leftOut = (cause as { code?: unknown } | undefined)?.code === LEFT_OUT;
    throw new TashikaError(
      'SENSOR_UNAVAILABLE',
      leftOut
        ? `${name} is ${reason}`
        : `The package ${name} is not installed or not built for this Node (${reason}). Install it with: npm rebuild ${name}`,
      { cause },
    );
  }
}
