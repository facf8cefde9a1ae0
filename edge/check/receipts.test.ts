import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadEdgeConfiguration } from '../config/index.ts';
import { checkReceipts } from './receipts.ts';

const STREAM = 'AAAAAAAAAAA';

/** What answers at Beam's entry; it remembers what it was asked. */
async function entry(status: number, body: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => void server.close();
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

/** A data directory with a spool of one stream, or without. */
function dataDirectory(stream?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-check-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  if (stream !== undefined) mkdirSync(join(directory, 'spool', `000001.${stream}`), { recursive: true });
  return directory;
}

async function check(url: string | undefined, directory = dataDirectory(STREAM)) {
  const env = { TASHIKA_EDGE_DATA_DIRECTORY: directory, ...(url !== undefined && { TASHIKA_EDGE_RECEIPTS_URL: url }) };
  const lines = await checkReceipts(loadEdgeConfiguration(undefined, env));
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const receipt = (stream: string, through: number, missing: readonly (readonly [number, number])[]) =>
  JSON.stringify({ stream, through, missing });
const problem = (code: string, detail: string) => JSON.stringify({ title: 'No', detail, code });

describe('the check of the receipts', () => {
  it('asks once for the newest stream, and says how far the cloud has it', async () => {
    const beam = await entry(200, receipt(STREAM, 1_041, [[12, 40]]));
    const { verdict, detail } = await check(beam.url);
    expect([verdict, detail]).toEqual([
      'ok',
      `${beam.url} answers, signed as the cloud expects: of the stream ${STREAM} the cloud has the readings up to 1041, but for 29, which the agent sends again.`,
    ]);
    expect(beam.asked).toEqual([`GET /v1/receipts?stream=${STREAM}`]);
  });

  it('asks before there is a spool, too', async () => {
    const beam = await entry(200, receipt('check', 0, []));
    expect(await check(beam.url, dataDirectory())).toMatchObject({
      verdict: 'ok',
      detail: expect.stringContaining('There is no spool yet to ask about.'),
    });
    expect(beam.asked).toEqual(['GET /v1/receipts?stream=check']);
  });

  it('says when receipts are not configured, and what they would do', async () => {
    expect(await check(undefined)).toMatchObject({
      verdict: 'ok',
      detail: expect.stringMatching(/^Not configured: .* Set receipts\.url/),
    });
  });

  it.each([
    [
      'a signature that the cloud refuses',
      401,
      problem('SIGNATURE_REFUSED', 'The signature is not right.'),
      /HTTP 401, The signature is not right\. Compare the pre-shared key .* beam\.preSharedKey/,
    ],
    [
      'a cloud without a key',
      503,
      problem('BEAM_NOT_CONFIGURED', 'No key is set.'),
      /Set the cloud's beam\.preSharedKey/,
    ],
    [
      'a cloud that is away',
      502,
      'The destination does not answer.\n',
      /is the cloud's API up, and Beam's way to it\?/,
    ],
    ['a path that leads nowhere', 404, '', /HTTP 404\. Does Beam's website entry point lead to the cloud's API/],
    ['a portal', 200, '<html>Please log in</html>', /Please log in<\/html>\. Does Beam's website entry point/],
    ["another stream's receipt", 200, receipt('BBBBBBBBBBB', 7, []), /gave no receipt: HTTP 200/],
  ])('fails at %s, with what to do', async (_what, status, body, detail) => {
    const { url } = await entry(status, body);
    expect(await check(url)).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(detail) });
  });

  it('fails where nobody answers', async () => {
    const { url, close } = await entry(200, '');
    close();
    expect(await check(url)).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/does not answer \(.+\)\. Is the cellular link up, and Beam's website entry point/),
    });
  });
});
