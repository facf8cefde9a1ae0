import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { PtyPair } from '../testing/pty-pair.ts';
import { requiredTool } from '../testing/required-tool.ts';
import { openPort } from './serial-port.ts';

type Skippable = Parameters<typeof requiredTool>[1];

async function pluggedPair(context: Skippable): Promise<PtyPair> {
  const pair = new PtyPair(requiredTool('socat', context));
  onTestFinished(() => pair[Symbol.asyncDispose]());
  await pair.plug();
  return pair;
}

const settings = { baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

it('a write on a port that was closed, which serialport never answers, ends all the same', async (context) => {
  const pair = await pluggedPair(context);
  const port = await openPort({ ...settings, path: pair.agent }, systemClock, () => {});
  await port.close();
  await expect(port.write(Buffer.from('?'), 50)).rejects.toThrow('a write hung for 50 ms');
  await port.close();
});

it('a port that holds a write back is closed, and can be opened again', async (context) => {
  const pair = await pluggedPair(context);
  const first = await openPort({ ...settings, path: pair.agent }, systemClock, () => {});
  pair.freeze();
  await expect(first.write(Buffer.alloc(1_000_000), 50)).rejects.toThrow('a write hung for 50 ms');
  await first.close();
  const second = await openPort({ ...settings, path: pair.agent }, systemClock, () => {});
  await second.close();
});
