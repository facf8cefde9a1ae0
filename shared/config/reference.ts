import type { TObject } from 'typebox';
import { allowed, environmentName, isSection, nodeOf, type SchemaNode } from './schema.ts';

export interface ReferencePage {
  readonly title: string;
  readonly introduction: string;
  readonly prefix: string;
  readonly schema: TObject;
  /** Flags of the command line, each with the path of the setting that it overrides. */
  readonly flags?: readonly { readonly name: string; readonly path: string }[];
}

/** The reference page of a program's configuration, as Markdown; one table a section, in the schema's order. */
export function renderReference(page: ReferencePage): string {
  const lines = [`# ${page.title}`, '', page.introduction, ''];
  lines.push('*Generated from the schema by `npm run docs`; do not edit.*', '');
  lines.push(...section(nodeOf(page.schema), page, ''));
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(schema: SchemaNode, page: ReferencePage, path: string): string[] {
  const { prefix, flags = [] } = page;
  const entries = Object.entries(schema.properties ?? {});
  const settings = entries.filter(([, child]) => !isSection(child));
  const flagOf = (key: string) => flags.find((flag) => flag.path === (path === '' ? key : `${path}.${key}`));
  const hasFlags = settings.some(([key]) => flagOf(key));
  const lines: string[] = [];
  if (path !== '') lines.push(`## \`${path}\``, '');
  if (schema.description) lines.push(told(schema), '');
  if (settings.length > 0) {
    lines.push(`| setting |${hasFlags ? ' flag |' : ''} environment | value | default | what it does |`);
    lines.push(`|---|${hasFlags ? '---|' : ''}---|---|---|---|`);
    for (const [key, child] of settings) {
      const name = path === '' ? key : `${path}.${key}`;
      const required = schema.required?.includes(key) ?? false;
      const flag = hasFlags ? ` ${flagOf(key) ? `\`--${flagOf(key)?.name}\`` : '–'} |` : '';
      lines.push(
        `| \`${name}\` |${flag} \`${environmentName(prefix, name)}\` | ${cell(allowed(child))} | ${standard(child, required)} | ${cell(told(child))} |`,
      );
    }
    lines.push('');
  }
  for (const [key, child] of settings)
    if (child.items) lines.push(...items(child.items, `${path === '' ? key : `${path}.${key}`}[]`));
  for (const [key, child] of entries)
    if (isSection(child)) lines.push(...section(child, page, path === '' ? key : `${path}.${key}`));
  return lines;
}

/** The fields of a list's items; the environment sets such a list as one JSON value. */
function items(schema: SchemaNode, path: string): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap((each) => items(each, path));
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return [];
  const lines = [`## \`${path}\``, ''];
  if (schema.description) lines.push(schema.description, '');
  lines.push('| field | value | default | what it does |', '|---|---|---|---|');
  for (const [key, child] of entries)
    lines.push(
      `| \`${key}\` | ${cell(allowed(child))} | ${standard(child, schema.required?.includes(key) ?? false)} | ${cell(told(child))} |`,
    );
  lines.push('');
  for (const [key, child] of entries) {
    if (child.items) lines.push(...items(child.items, `${path}.${key}[]`));
    if (isSection(child)) lines.push(...items(child, `${path}.${key}`));
  }
  return lines;
}

function told({ description = '', local }: SchemaNode): string {
  return local ? `${description} *Local only.*` : description;
}

function standard(schema: SchemaNode, required: boolean): string {
  if (schema.default !== undefined) return `\`${cell(JSON.stringify(schema.default))}\``;
  return required ? '**required**' : '–';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
