import { describe, expect, it } from 'vitest';
import { renderCatalogue } from './catalogue.ts';
import { readModule } from './module-interface.ts';

const FILES = {
  'main.tf': `# Where events go,
# and who may read them.

resource "azurerm_eventhub" "this" {
  name = var.name
}

resource "azurerm_eventhub" "further" {
  name = "further"
}
`,
  'variables.tf': `variable "name" {
  description = "Name of the \\"hub\\" | of all of it."
  type        = string
  nullable    = false

  validation {
    condition     = var.name != ""
    error_message = "A name is no empty text."
  }
}

variable "size" {
  description = "How large it is."
  type = object({
    partitions = optional(number, 32)
    retention  = number
  })
  default = {
    partitions = 4
    retention  = 24
  }
}

variable "password" {
  description = "Its first password."
  type        = string
  ephemeral   = true
  sensitive   = true
}
`,
  'outputs.tf': `output "key" {
  description = "Its key."
  sensitive   = true
  value       = azurerm_eventhub.this.key
}
`,
};

describe('the interface of a module', () => {
  const read = readModule('event-hubs', FILES);

  it('is introduced by the comment that the module begins with', () => {
    expect(read.summary).toBe('Where events go, and who may read them.');
    expect(read.resources).toEqual(['azurerm_eventhub']);
  });

  it('has each input as it is written, on one line', () => {
    expect(read.inputs).toEqual([
      {
        name: 'name',
        description: 'Name of the "hub" | of all of it.',
        type: 'string',
        sensitive: false,
        ephemeral: false,
      },
      {
        name: 'size',
        description: 'How large it is.',
        type: 'object({ partitions = optional(number, 32), retention = number })',
        default: '{ partitions = 4, retention = 24 }',
        sensitive: false,
        ephemeral: false,
      },
      { name: 'password', description: 'Its first password.', type: 'string', sensitive: true, ephemeral: true },
    ]);
  });

  it('has each output', () => {
    expect(read.outputs).toEqual([{ name: 'key', description: 'Its key.', sensitive: true }]);
  });

  it('is a section of the page, whose tables hold whatever the texts hold', () => {
    const page = renderCatalogue([read]);
    expect(page).toContain('| `name` | `string` | **required** | Name of the "hub" \\| of all of it. |');
    expect(page).toContain('| `password` | `string` | **required**, ephemeral | Its first password. |');
    expect(page).toContain('| `key`, sensitive | Its key. |');
  });
});
