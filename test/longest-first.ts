import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more. Not those of a whole `npm start` beside the dashboard's: two cores are not enough for both. */
const LONG = [
  'test/hardware/gpio.test.ts',
  'test/integrity/model/random-schedules.test.ts',
  'test/integrity/rollout-demo-killed.test.ts',
  'test/hardware/package.test.ts',
  'test/hardware/usb-serial.test.ts',
  'test/browser/dashboard.test.ts',
  'cloud/main.test.ts',
  'edge/agent.test.ts',
];

/** Begins with the files that take longest, so that none of them is left running alone in the end. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(`/${name}`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
