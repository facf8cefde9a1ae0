import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { problemsOf } from './rules.ts';

const read = (name: string) => readFileSync(new URL(`../../../deploy/container/${name}`, import.meta.url), 'utf8');
const text = read('Dockerfile');

/** The line that begins with this, counted from 1; of several the last. */
function lineOf(start: string): number {
  return text.split('\n').findLastIndex((each) => each.startsWith(start)) + 1;
}

it('the Dockerfile keeps to its rules', () => {
  expect(problemsOf(text)).toEqual([]);
});

it.each<readonly [string, RegExp, string, string]>([
  [
    'a moving tag',
    /FROM node:\S+$/m,
    'FROM node:22',
    `line ${lineOf('FROM')}: the image node:22 is not pinned by its version`,
  ],
  ['no tag', /FROM node:\S+$/m, 'FROM node', `line ${lineOf('FROM')}: the image node is not pinned by its version`],
  [
    'root',
    /USER .*/,
    'USER 0:0',
    `line ${lineOf('USER')}: 0:0 is root, or no number that an engine can tell from root`,
  ],
  [
    'a name',
    /USER .*/,
    'USER node',
    `line ${lineOf('USER')}: node is root, or no number that an engine can tell from root`,
  ],
  ['no user', /USER .*\n/, '', 'it runs as root'],
  [
    'a shell',
    /ENTRYPOINT .*/,
    'ENTRYPOINT node /app/dist/main.js',
    `line ${lineOf('ENTRYPOINT')}: ENTRYPOINT goes through a shell, which hands on no signal`,
  ],
  [
    'a tool',
    /CMD \["node", "\/app\/health.mjs"\]/,
    'CMD ["curl", "-f", "http://127.0.0.1:8080/"]',
    `line ${lineOf('HEALTHCHECK')}: HEALTHCHECK takes a shell or a tool that the image need not have`,
  ],
  ['no health', /HEALTHCHECK .*\n/, '', 'it has no HEALTHCHECK'],
  ['another signal', /STOPSIGNAL .*/, 'STOPSIGNAL SIGKILL', 'it is not stopped by SIGTERM'],
  [
    'a secret',
    /ENV NODE_ENV=production/,
    'ENV TASHIKA_CLOUD_STORE_URL=postgres://a:b@db/tashika',
    `line ${lineOf('ENV NODE_ENV')}: a secret has no place in an image`,
  ],
  ['everything', /COPY shared\/ shared\//, 'COPY . .', `line ${lineOf('COPY shared/ ')}: it copies all that there is`],
  [
    'a download',
    /RUN install --directory/,
    'RUN apt-get install -y curl && install --directory',
    `line ${lineOf('RUN install')}: the last stage fetches`,
  ],
])('%s in it is found out, with its line', (_, from, to, problem) => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  expect(problemsOf(changed)).toEqual([problem]);
});

it('an engine is given what the image needs and nothing else', () => {
  const [first, ...rest] = read('Dockerfile.dockerignore').trim().split('\n');
  expect(first).toBe('*');
  const copied = [...text.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '));
  const given = rest.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
  const isGiven = (name: string) =>
    given.some(
      (each) =>
        each === name ||
        name.startsWith(`${each}/`) ||
        (each === '*/package.json' && /^[^/]+\/package\.json$/.test(name)),
    );
  expect(copied.filter((name) => !isGiven(name.replace(/\/$/, '')))).toEqual([]);
});
