import { spawnSync } from 'node:child_process';
import { TashikaError } from '@tashika/shared/errors';

/** The Debian package that a tool is in, where that is not its name. */
const PACKAGES: Readonly<Record<string, string>> = {
  mksquashfs: 'squashfs-tools',
  unsquashfs: 'squashfs-tools',
  'mkfs.vfat': 'dosfstools',
  mcopy: 'mtools',
  mke2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  'dpkg-deb': 'dpkg',
  'aarch64-linux-gnu-strip': 'binutils-aarch64-linux-gnu',
  'arm-linux-gnueabihf-strip': 'binutils-arm-linux-gnueabihf',
  'x86_64-linux-gnu-strip': 'binutils-x86-64-linux-gnu',
};

export interface ToolOptions {
  /** SOURCE_DATE_EPOCH, in seconds since 1970. */
  readonly madeAt: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a tool of the build to its end, with the clock, language and time zone that make it give the same bytes again.
 *
 * @returns what it printed
 * @throws TashikaError `TOOL_MISSING`, or `IMAGE_BUILD_FAILED` with its last words
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions): string {
  const { madeAt, cwd, env } = options;
  const { status, error, stdout, stderr } = spawnSync(program, [...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 2 ** 20,
    // Debian keeps what makes file systems where only root looks for programs.
    env: {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      SOURCE_DATE_EPOCH: String(madeAt),
      E2FSPROGS_FAKE_TIME: String(madeAt),
      LC_ALL: 'C',
      TZ: 'UTC',
      ...env,
    },
    ...(cwd !== undefined && { cwd }),
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    throw new TashikaError(
      'TOOL_MISSING',
      `${program} is not on the PATH: apt install ${PACKAGES[program] ?? program}`,
    );
  if (error || status !== 0) {
    const said = stderr?.trim().split('\n').slice(-6).join('\n');
    throw new TashikaError(
      'IMAGE_BUILD_FAILED',
      `${program} ended with ${status ?? 'a signal'}: ${said || error?.message}`,
      {
        cause: error,
      },
    );
  }
  return stdout;
}
