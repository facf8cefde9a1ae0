import { describe, expect, it } from 'vitest';
import { asProblem } from './problem.ts';

describe('the problem of a body', () => {
  it('that lacks a part names where it is missing', () => {
    const fault = { keyword: 'required', instancePath: '/status', params: { missingProperty: 'result' } };
    expect(asProblem({ validation: [fault], statusCode: 400 }).problem).toMatchObject({
      ...{ status: 400, parameter: 'status', detail: 'status.result is required.' },
    });
  });

  it('with a wrong part names that part', () => {
    const fault = { keyword: 'type', instancePath: '/data/board', params: {}, message: 'must be string' };
    expect(asProblem({ validation: [fault], statusCode: 400 }).problem).toMatchObject({
      ...{ parameter: 'data', detail: 'data.board must be string.' },
    });
  });

  it('that is too large says how large it may be', () => {
    expect(asProblem({ statusCode: 413 }, 65_536).problem).toMatchObject({
      ...{ status: 413, code: 'BODY_TOO_LARGE', detail: 'A body may have 65536 bytes here; nothing was changed.' },
    });
  });
});
