import { describe, expect, it } from 'vitest';
import { connectionStringProblems, endpointOf } from './connection-string.ts';

const GOOD = 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0LWtleQ==';

describe('a connection string', () => {
  it.each([
    ['of the namespace', GOOD],
    ['of the hub', `${GOOD};EntityPath=telemetry`],
    ['of a stand-in', `${GOOD};UseDevelopmentEmulator=true`],
    ['with a signature for a key', 'Endpoint=sb://ns/;SharedAccessSignature=SharedAccessSignature sr=x&sig=y=='],
    ['with spaces and other letters', ` endpoint = sb://ns ; sharedaccesskeyname=a ; SHAREDACCESSKEY = b== ;`],
  ])('%s is right', (_, text) => {
    expect(connectionStringProblems(text, 'telemetry')).toEqual([]);
  });

  it.each([
    ['nonsense', [/must have an Endpoint/, /must have a SharedAccessKeyName/, /must have a SharedAccessKey=/]],
    [GOOD.replace('sb://ns.servicebus.windows.net/', 'ns'), [/must have an Endpoint/]],
    [GOOD.replace('SharedAccessKeyName=listen;', ''), [/must have a SharedAccessKeyName/]],
    [GOOD.replace(/SharedAccessKey=.*/, 'SharedAccessKey='), [/must have a SharedAccessKey=/]],
    [`${GOOD};EntityPath=other`, [/is for the hub other \(EntityPath\), and eventHubs\.hub is telemetry/]],
    [`${GOOD};UseDevelopmentEmulator=True`, [/UseDevelopmentEmulator=true, in lower case/]],
  ])('%s is told what it lacks, and its key is not shown', (text, expected) => {
    const problems = connectionStringProblems(text, 'telemetry');
    expect(problems).toEqual(expected.map((each) => expect.stringMatching(each)));
    expect(problems.every((each) => each.startsWith('eventHubs.connectionString '))).toBe(true);
    expect(problems.join()).not.toContain('c2VjcmV0');
  });

  it('names the place that positions are kept under', () => {
    expect(endpointOf('Endpoint=sb://Localhost:5703;SharedAccessKeyName=a;SharedAccessKey=b')).toBe('localhost:5703');
  });
});
