import { describe, expect, it } from 'vitest';
import { answerProblems, bodyProblems, OPERATIONS, operationAt, readQuery } from './index.ts';

const operation = (id: string) => OPERATIONS.find((each) => each.id === id)!;

const GROUP = {
  groupId: 'g',
  operatorId: 'OP',
  tags: { name: 'n' },
  configuration: { SoracomFunnel: { enabled: true } },
  createdTime: 1,
  lastModifiedTime: 1,
};

const CREDENTIAL = {
  ...{ credentialsId: 'c', type: 'psk', credentials: {}, description: '' },
  ...{ createDateTime: 1, updateDateTime: 1, lastUsedDateTime: 0 },
};

describe('the schema knows a request by method and path', () => {
  it.each([
    ['GET', '/groups', 'listGroups', {}],
    ['GET', '/groups/a%2Fb', 'getGroup', { group_id: 'a/b' }],
    [
      'PUT',
      '/groups/g/configuration/SoracomAir',
      'putConfigurationParameters',
      { group_id: 'g', namespace: 'SoracomAir' },
    ],
    ['DELETE', '/sims/s/tags/%E5%90%8D', 'deleteSimTag', { sim_id: 's', tag_name: '名' }],
    ['GET', '/query/sims', 'searchSims', {}],
  ])('%s %s is %s', (method, path, id, parameters) => {
    expect(operationAt(method, path)).toMatchObject({ operation: { id }, parameters });
  });

  it.each([
    ['PATCH', '/groups'],
    ['GET', '/groups/'],
    ['GET', '/group'],
    ['GET', '/groups/g/configuration'],
    ['GET', '/groups/%'],
  ])('%s %s is nothing', (method, path) => {
    expect(operationAt(method, path)).toBeUndefined();
  });
});

describe('the schema reads a query', () => {
  const read = (path: string, query: string) => readQuery(operationAt('GET', path)!, new URLSearchParams(query));

  it('after its kinds', () => {
    expect(read('/query/sims', 'name=a&name=b&limit=5&search_type=or')).toEqual({
      values: { name: ['a', 'b'], limit: 5, search_type: 'or' },
    });
  });

  it.each([
    ['/sims', 'limits=5', 'limits'],
    ['/sims', 'limit=0', 'limit'],
    ['/sims', 'limit=ten', 'limit'],
    ['/sims', 'limit=1&limit=2', 'limit'],
    ['/query/sims', 'limit=101', 'limit'],
    ['/logs', 'service=Funel', 'service'],
    ['/groups', 'constructor=1', 'constructor'],
  ])('and refuses %s?%s', (path, query, named) => {
    expect(read(path, query)).toEqual({ wrong: [expect.stringContaining(named)] });
  });

  it('and refuses a namespace that there is not', () => {
    const asked = operationAt('PUT', '/groups/g/configuration/SoracomFunel')!;
    expect(readQuery(asked, new URLSearchParams())).toEqual({ wrong: [expect.stringContaining('namespace')] });
  });
});

describe('the schema refuses a body', () => {
  it.each([
    ['auth', { authKeyID: 'k' }],
    ['auth', { tokenTimeoutSeconds: 172_801 }],
    ['createGroup', { tags: { name: 1 } }],
    ['createGroup', { configuration: { SoracomFunel: {} } }],
    ['putConfigurationParameters', { key: 'a', value: 1 }],
    ['putConfigurationParameters', [{ key: 'a' }]],
    ['createCredential', { type: 'azure', credentials: {} }],
    ['createCredential', { type: 'psk', credentials: { key: 1 } }],
    ['putSimTags', [{ tagName: 'a', value: 'b' }]],
    ['setSimGroup', {}],
    ['setSimGroup', undefined],
    ['getGroup', {}],
  ])('of %s: %j', (id, body) => {
    expect(bodyProblems(operation(id), body)).not.toEqual([]);
  });

  it('without telling what is in it', () => {
    const wrong = bodyProblems(operation('createCredential'), {
      type: 'psk',
      credentials: { key: ['hush'] },
      ke: 'hush',
    });
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.join()).not.toContain('hush');
  });
});

describe('the schema refuses an answer', () => {
  it('that the description does not have', () => {
    expect(answerProblems(operation('getGroup'), 200, GROUP)).toEqual([]);
    expect(answerProblems(operation('getGroup'), 200, { ...GROUP, name: 'n' })).not.toEqual([]);
    const { tags: _, ...without } = GROUP;
    expect(answerProblems(operation('getGroup'), 200, without)).not.toEqual([]);
    expect(answerProblems(operation('getGroup'), 201, GROUP)).not.toEqual([]);
    expect(answerProblems(operation('deleteGroup'), 204, GROUP)).not.toEqual([]);
    expect(answerProblems(operation('listGroups'), 200, [GROUP, 1])).not.toEqual([]);
  });

  it('that shows anything of a secret', () => {
    expect(answerProblems(operation('listCredentials'), 200, [CREDENTIAL])).toEqual([]);
    expect(
      answerProblems(operation('listCredentials'), 200, [{ ...CREDENTIAL, credentials: { key: '' } }]),
    ).not.toEqual([]);
  });

  it('that refuses without code and sentence, or with a status of its own', () => {
    const body = { code: 'AUM0001', message: 'Token is required in the request header' };
    expect(answerProblems(operation('listSims'), 401, body)).toEqual([]);
    expect(answerProblems(operation('listSims'), 401, { message: 'no' })).not.toEqual([]);
    expect(answerProblems(operation('listSims'), 404, body)).not.toEqual([]);
  });
});
