import { cloudSchema } from '@tashika/cloud/config';
import { localSchema } from '@tashika/deploy/local/config';
import { edgeSchema } from '@tashika/edge/config';
import { type ReferencePage, renderReference } from '@tashika/shared/config';

const RULES =
  'A setting comes from its default, the JSON file given with `--config`, and the environment; the later one wins. Unknown settings and values out of range stop the start with the name of the field.';

const pages: Readonly<Record<string, ReferencePage>> = {
  'edge/CONFIGURATION.md': {
    title: 'Configuration of tashika-edge',
    introduction: RULES,
    prefix: 'TASHIKA_EDGE',
    schema: edgeSchema,
  },
  'cloud/CONFIGURATION.md': {
    title: 'Configuration of tashika-cloud',
    introduction: RULES,
    prefix: 'TASHIKA_CLOUD',
    schema: cloudSchema,
  },
  'deploy/local/CONFIGURATION.md': {
    title: 'Configuration of npm start',
    introduction:
      'Flags win over the environment, and the environment over the defaults. `npm start -- --help` lists the flags.',
    prefix: 'TASHIKA',
    schema: localSchema,
  },
};

/** Path and text of every generated configuration reference. */
export function referencePages(): readonly (readonly [path: string, text: string])[] {
  return Object.entries(pages).map(([path, page]) => [path, renderReference(page)]);
}
