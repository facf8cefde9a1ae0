import { describe, expect, it } from 'vitest';
import { isSensitive, readBinding } from './bindings.ts';

/** A binding as the generator writes one, as far as it is read. */
const JS = `"use strict";
function queueLimitToTerraform(struct) {
    return {};
}
function queueLimitToHclTerraform(struct) {
    const attrs = {
        events: {
            value: cdktn.numberToHclTerraform(struct.events),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
    return attrs;
}
class QueueLimitOutputReference extends cdktn.ComplexObject {
    // used - computed: true, optional: false, required: false
    get used() {
        return this.getNumberAttribute('used');
    }
}
class QueueLimitList extends cdktn.ComplexList {
}
class QueueEndpointOutputReference extends cdktn.ComplexObject {
    // host - computed: true, optional: false, required: false
    get host() {
        return this.getStringAttribute('host');
    }
}
class Queue extends cdktn.TerraformResource {
    constructor(scope, id, config) {
        // limit - computed: false, optional: false, required: true
        this._limit = new QueueLimitList(this, "limit", true);
        // endpoints - computed: true, optional: false, required: false
        this._endpoints = new QueueEndpointList(this, "endpoints", false);
    }
    // primary_key - computed: true, optional: false, required: false
    get primaryKey() {
        return this.getStringAttribute('primary_key');
    }
    // partition_ids - computed: true, optional: false, required: false
    get partitionIds() {
        return cdktn.Fn.tolist(this.getListAttribute('partition_ids'));
    }
    synthesizeHclAttributes() {
        const attrs = {
            id: {
                value: cdktn.stringToHclTerraform(this._id),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            name: {
                value: cdktn.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            password_wo: {
                value: cdktn.stringToHclTerraform(this._passwordWo),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            tags: {
                value: cdktn.hashMapperHcl(cdktn.stringToHclTerraform)(this._tags),
                isBlock: false,
                type: "map",
                storageClassType: "stringMap",
            },
            limit: {
                value: cdktn.listMapperHcl(queueLimitToHclTerraform, true)(this._limit.internalValue),
                isBlock: true,
                type: "set",
                storageClassType: "QueueLimitList",
            },
        };
        return attrs;
    }
}
exports.Queue = Queue;
Queue.tfResourceType = "azurerm_queue";
`;

const DTS = `export interface QueueConfig extends cdktn.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://example.com/queue#id Queue#id}
    */
    readonly id?: string;
    /**
    * Docs at Terraform Registry: {@link https://example.com/queue#name Queue#name}
    */
    readonly name: string;
    /**
    * Docs at Terraform Registry: {@link https://example.com/queue#tags Queue#tags}
    */
    readonly tags?: {
        [key: string]: string;
    };
    /**
    * limit block
    *
    * Docs at Terraform Registry: {@link https://example.com/queue#limit Queue#limit}
    */
    readonly limit: QueueLimit[] | cdktn.IResolvable;
}
export interface QueueLimit {
    /**
    * Docs at Terraform Registry: {@link https://example.com/queue#events Queue#events}
    */
    readonly events: number;
}
`;

describe('the schema of a binding', () => {
  const { type, schema } = readBinding({ js: JS, dts: DTS });

  it('is known by its type', () => {
    expect(type).toBe('azurerm_queue');
  });

  it('tells of attributes what may be given, what has to be, and what is handed out', () => {
    expect(schema.block.attributes).toEqual({
      id: { type: 'string', optional: true, computed: true },
      name: { type: 'string', required: true },
      password_wo: { type: 'string', optional: true, sensitive: true, write_only: true },
      tags: { type: ['map', 'string'], optional: true },
      primary_key: { type: 'string', computed: true, sensitive: true },
      partition_ids: { type: ['set', 'string'], computed: true },
      endpoints: { type: ['list', ['object', { host: 'string' }]], computed: true },
    });
  });

  it('tells of blocks how often they may stand', () => {
    expect(schema.block.block_types).toEqual({
      limit: {
        nesting_mode: 'set',
        min_items: 1,
        block: { attributes: { events: { type: 'number', required: true }, used: { type: 'number', computed: true } } },
      },
    });
  });
});

it.each([
  ['administrator_password', true],
  ['default_secondary_connection_string_alias', true],
  ['primary_key', true],
  ['shared_access_policy_key', true],
  ['password_auth_enabled', false],
  ['partition_key', false],
  ['shared_access_policy_name', false],
])('%s is sensitive: %s', (name, sensitive) => {
  expect(isSensitive(name)).toBe(sensitive);
});
