import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('server', import.meta.url));
const SOURCES = ['pom.xml', 'src/main/java/tashika/bench/UpdateServer.java'] as const;
const LEAST_JAVA = 17;

/** hawkBit's update server, ready to be started. */
export interface HawkbitBuild {
  readonly version: string;
  readonly classPath: string;
  readonly main: string;
}

/** What this benchmark needs and is not installed, in words; undefined where nothing is missing. */
export function missingTool(): string | undefined {
  const javac = /javac (\d+)/.exec(outputOf('javac', ['-version']))?.[1];
  const wanted = `a JDK of ${LEAST_JAVA} or newer and Maven 3 (Debian: openjdk-17-jdk-headless, maven)`;
  if (javac === undefined) return `there is no javac: it needs ${wanted}`;
  if (Number(javac) < LEAST_JAVA) return `javac is of Java ${javac}: it needs ${wanted}`;
  return /Apache Maven 3/.test(outputOf('mvn', ['-version'])) ? undefined : `there is no mvn: it needs ${wanted}`;
}

/**
 * Lets Maven fetch hawkBit's published modules, by the versions and checksums of its own release, and compile the class
 * that starts them; once, into a directory of its own.
 *
 * @throws Error where Maven can't
 */
export function buildHawkbit(): HawkbitBuild {
  const sources = SOURCES.map((file) => readFileSync(join(PROJECT, file), 'utf8'));
  const key = createHash('sha256').update(sources.join('\0')).digest('hex').slice(0, 12);
  const directory = join(tmpdir(), `tashika-bench-hawkbit-${key}`);
  const built = join(directory, 'built');
  if (!existsSync(built)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    cpSync(PROJECT, directory, { recursive: true });
    // Checksums that are not as published fail it.
    const arguments_ = ['--batch-mode', '--quiet', '--strict-checksums', 'compile'];
    const { status } = spawnSync('mvn', arguments_, { cwd: directory, stdio: 'inherit' });
    if (status !== 0) throw new Error(`Maven did not bring hawkBit together in ${directory}.`);
    writeFileSync(built, '');
  }
  const target = join(directory, 'target');
  return {
    version: /<hawkbit\.version>(.*)<\/hawkbit\.version>/.exec(sources[0]!)![1]!,
    classPath: [join(target, 'classes'), join(target, 'dependency', '*')].join(delimiter),
    main: 'tashika.bench.UpdateServer',
  };
}

function outputOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`;
}
