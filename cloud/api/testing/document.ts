import type { FastifyInstance } from 'fastify';
import { Compile, type Validator } from 'typebox/schema';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The OpenAPI document that an API serves, held against its answers. */
export class ApiDocument {
  readonly document: Document;
  readonly #validators = new Map<object, Validator>();
  /** Which answers have been seen, as `GET /api/windows 200`. */
  readonly seen: Set<string> = new Set();

  constructor(document: Document) {
    this.document = document;
  }

  static async of(app: FastifyInstance): Promise<ApiDocument> {
    return new ApiDocument((await app.inject('/api/openapi.json')).json());
  }

  /** What is wrong with `answer` by the document; empty when it is as documented, no field more. */
  faults(method: string, url: string, answer: Answer): readonly string[] {
    const found = this.#find(method, url);
    if (!found) return [`${method} ${url} is not documented`];
    const { template, operation } = found;
    this.seen.add(`${method} ${template} ${answer.statusCode}`);
    const response = operation.responses[answer.statusCode] ?? operation.responses.default;
    if (!response) return [`${answer.statusCode} is not documented`];
    if (!response.content) return answer.body === '' ? [] : ['a body where none is documented'];
    const mediaType = String(answer.headers['content-type']).split(';')[0]!;
    const content = response.content[mediaType];
    if (!content) return [`${answer.statusCode} is not documented as ${mediaType}`];
    const value: unknown = mediaType.endsWith('json') ? JSON.parse(answer.body) : answer.body;
    const [, errors] = this.#validatorOf(content.schema).Errors(value);
    return errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  documents(method: string, url: string): boolean {
    return this.#find(method, url) !== undefined;
  }

  #find(method: string, url: string): { template: string; operation: Operation } | undefined {
    const path = url.split('?')[0]!;
    for (const [template, methods] of Object.entries(this.document.paths)) {
      const operation = methods[method.toLowerCase()];
      if (operation && patternOf(template).test(path)) return { template, operation };
    }
    return undefined;
  }

  #validatorOf(schema: object): Validator {
    let validator = this.#validators.get(schema);
    if (!validator) {
      validator = Compile(closed({ ...schema, components: this.document.components }) as object);
      this.#validators.set(schema, validator);
    }
    return validator;
  }
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}

/** The schema with every object closed, so that a field that is not documented is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (copy.type === 'object' && copy.properties) copy.additionalProperties ??= false;
  return copy;
}
