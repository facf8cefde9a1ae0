import { cloudSchema } from '@tashika/cloud/config';
import { localSchema } from '@tashika/deploy/local/config';
import { FLAGS } from '@tashika/deploy/local/stack';
import { catalogue, renderCatalogue } from '@tashika/deploy/terraform';
import { edgeSchema } from '@tashika/edge/config';
import { type ReferencePage, renderReference } from '@tashika/shared/config';

const RULES =
  'A setting comes from its default, the JSON file given with `--config`, and the environment; the later one wins. Unknown settings and values out of range stop the start with the name of the field.';

const pages: Readonly<Record<string, ReferencePage>> = {
  'edge/CONFIGURATION.md': {
    title: 'Configuration of tashika-edge',
    introduction: `A setting comes from its default, the user data of the SIM's group (one JSON object in the form of the configuration file, from the metadata service), the SIM's tag \`pref\` for the region, the JSON file given with \`--config\`, and the environment; the later one wins. File and environment that are wrong stop the start with the name of the field. User data that are wrong, or that set what is *local only*, are refused as a whole with their reason in the reading \`agent/configuration\`, and the last good ones stay.`,
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
      'Flags win over the environment, and the environment over the defaults: `npm start -- --devices 500 --funnel-double 0.1`. `npm start -- --help` tells the same.',
    prefix: 'TASHIKA',
    schema: localSchema,
    flags: FLAGS,
  },
};

/** Path and text of every generated reference page. */
export function referencePages(): readonly (readonly [path: string, text: string])[] {
  return [
    ...Object.entries(pages).map(([path, page]) => [path, renderReference(page)] as const),
    ['deploy/terraform/CATALOGUE.md', renderCatalogue(catalogue())],
  ];
}
