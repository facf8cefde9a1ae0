import { decode, ExtData, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { Block } from './provider-schema.ts';
import { appliedValue, decodeValue, encodeValue, plannedValue, readValue, UNKNOWN } from './values.ts';

const HUB: Block = {
  attributes: {
    id: { type: 'string', optional: true, computed: true },
    name: { type: 'string', required: true },
    password_wo: { type: 'string', optional: true, write_only: true },
    tags: { type: ['map', 'string'], optional: true },
  },
  block_types: {
    identity: {
      nesting_mode: 'list',
      block: {
        attributes: { type: { type: 'string', required: true }, principal_id: { type: 'string', computed: true } },
      },
    },
  },
};

const proposed = { id: null, name: 'hub', password_wo: 'secret', tags: { team: 'a' }, identity: [{ type: 'System' }] };

describe('a resource that is to be made', () => {
  it('is planned with what is asked for, and what the provider computes is not known yet', () => {
    expect(plannedValue(HUB, null, proposed)).toEqual({
      id: UNKNOWN,
      name: 'hub',
      password_wo: null,
      tags: { team: 'a' },
      identity: [{ type: 'System', principal_id: UNKNOWN }],
    });
  });

  it('is there with everything known, and the same each time', () => {
    const planned = plannedValue(HUB, null, proposed) as Record<string, unknown>;
    const applied = appliedValue('azurerm_hub', HUB, planned) as typeof proposed;
    expect(applied).toEqual(appliedValue('azurerm_hub', HUB, planned));
    expect(applied).toMatchObject({
      id: expect.stringMatching(/^id\.[0-9a-f]{12}\.azurerm-hub\.example$/),
      password_wo: null,
      identity: [{ principal_id: expect.stringMatching(/^principal-id\./) }],
    });
    expect(appliedValue('azurerm_hub', HUB, { ...planned, name: 'other' })).not.toMatchObject({ id: applied.id });
  });
});

describe('a resource that is there', () => {
  const prior = { id: 'a', name: 'hub', password_wo: null, tags: null, identity: [] };

  it('keeps what was computed when it changes', () => {
    expect(plannedValue(HUB, prior, { ...prior, name: 'new' })).toEqual({ ...prior, name: 'new' });
  });

  it('is planned to be gone, and is gone', () => {
    expect(plannedValue(HUB, prior, null)).toBeNull();
    expect(appliedValue('azurerm_hub', HUB, null)).toBeNull();
  });
});

it('a data source tells what it was given as an answer, and makes up the rest', () => {
  const block: Block = {
    attributes: {
      tenant_id: { type: 'string', computed: true },
      client_id: { type: 'string', computed: true },
      count: { type: 'number', computed: true },
      ids: { type: ['list', 'string'], computed: true },
    },
  };
  expect(readValue('azurerm_config', block, {}, { tenant_id: 'mine' })).toEqual({
    tenant_id: 'mine',
    client_id: 'client-id.azurerm-config.example',
    count: 0,
    ids: [],
  });
});

it('what is not known is on the wire as Terraform writes it', () => {
  expect([...encodeValue(UNKNOWN).msgpack]).toEqual([0xd4, 0, 0]);
  expect(decode(Uint8Array.of(0xd4, 0, 0))).toBeInstanceOf(ExtData);
  expect(decodeValue({ msgpack: encode(null) })).toBeNull();
});
