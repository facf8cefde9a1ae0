import { resolve } from 'node:path';
import type { FleetImage, FleetImageList } from '@tashika/cloud/api/fleet';
import { isTashikaError, usageError } from '@tashika/shared/errors';
import { formatImageName, parseImageName } from '@tashika/shared/image';
import type { Duration } from '@tashika/shared/time';
import { type Command, type CommandArguments, type CommandContext, EXIT_DECLINED, textOf } from '../command/index.ts';
import { apiOf, apiOption, byOption, type FleetApi, personOf } from './access.ts';
import { checkBundle, type ImageFiles, readImages } from './image-files.ts';
import { missingParentOf, renderImage, renderImages, scanOf } from './image-text.ts';
import { byteSize, devicesHaveIt, listed } from './written.ts';

/** The registry reads the bundle whole, from where it is kept. */
const IMPORT_TIMEOUT_MS: Duration = 600_000;

/** Of a hundred. */
const PROGRESS_STEP = 20;

export const importCommand: Command = {
  name: 'import',
  summary: 'Bring images into the registry: bundle, record and package list',
  description:
    'PATH is what a build left: a folder with records, or one record. Each bundle is compared with its record, sent, and ' +
    'judged by the registry: its signature, and whether the version is there already with other bytes. Interrupted, it can be run again.',
  positionals: [{ name: 'path', summary: 'Folder of a build, or the record of one image', required: true }],
  options: { api: apiOption, by: byOption },
  async run(args, context) {
    const api = apiOf(args, context);
    const images = await readImages(resolve(context.cwd, textOf(args, 'path')!));
    const done: object[] = [];
    for (const image of images) {
      const name = formatImageName(image.record);
      const { known, image: taken } = await importOne(image, api, personOf(args, context), context);
      context.print(
        known
          ? `${name} was imported before, with the same bytes.${revocationOf(taken)}`
          : `${name} is imported: ${byteSize(image.record.bundle.bytes)}, signed by ${image.record.bundle.signer}, ${scanOf(image.record)}.`,
      );
      if (taken.missingParent !== null) context.print(`  Its parent ${missingParentOf(taken.missingParent)}`);
      done.push({ image: name, imported: !known, missingParent: taken.missingParent });
    }
    context.answer({ images: done });
    return 0;
  },
};

/** As the registry has it now, and whether it had it before. */
async function importOne(
  image: ImageFiles,
  api: FleetApi,
  by: string,
  context: CommandContext,
): Promise<{ readonly known: boolean; readonly image: FleetImage }> {
  const { record, sbom, bundleFile } = image;
  const { bytes, sha256 } = record.bundle;
  const tell = (what: string) => {
    let shown = -1;
    return (done: number) => {
      const percent = Math.floor((100 * done) / bytes);
      // Where there is no terminal each is a line of its own.
      if (percent === shown || (percent < shown + PROGRESS_STEP && percent !== 100)) return;
      shown = percent;
      context.progress(`${formatImageName(record)}: ${what} ${byteSize(done)} of ${byteSize(bytes)}, ${percent}%`);
    };
  };
  await checkBundle(image, tell('read'));
  const before = await api.find<FleetImage>(`images/${record.kind}/${encodeURIComponent(record.version)}`);
  const known = before !== undefined;
  const importing = () => api.post<FleetImage>('images', { record, sbom, by }, IMPORT_TIMEOUT_MS);
  try {
    // One that is known is sent as well: whether it is the same, the registry says.
    return { known, image: await importing() };
  } catch (error) {
    // A bundle that is there already, as after an interruption, does not go out again.
    if (!isTashikaError(error, 'BUNDLE_MISSING')) throw error;
    await api.upload(`bundles/${sha256}`, bundleFile, bytes, tell('sent'));
    return { known, image: await importing() };
  }
}

function revocationOf({ revokedAt, revokedReason }: FleetImage): string {
  return revokedAt === null ? '' : ` It is revoked, and stays so: ${revokedReason ?? 'no reason was told'}`;
}

export const imagesCommand: Command = {
  name: 'images',
  summary: 'List the images, with channels, scan, how many devices have them, and the rollouts that halted',
  options: { api: apiOption },
  async run(args, context) {
    const answer = await apiOf(args, context).get<FleetImageList>('images');
    context.print(
      answer.images.length === 0
        ? 'There is no image yet. Bring one in: tashika fleet import DIR'
        : renderImages(answer.images),
    );
    context.answer(answer);
    return 0;
  },
};

const imagePositional = { name: 'image', summary: 'Kind and version, such as agent/1.5.0', required: true } as const;

export const imageCommand: Command = {
  name: 'image',
  summary: 'Show all that is known of one image',
  positionals: [imagePositional],
  options: { api: apiOption },
  async run(args, context) {
    const image = await apiOf(args, context).get<FleetImage>(pathOf(args));
    context.print(renderImage(image));
    context.answer(image);
    return 0;
  },
};

export const promoteCommand: Command = {
  name: 'promote',
  summary: 'Let a channel have an image; no device is told, which is what a rollout does',
  positionals: [imagePositional, { name: 'channel', summary: 'dev, canary or stable', required: true }],
  options: { api: apiOption, by: byOption },
  async run(args, context) {
    const name = nameOf(args);
    const channel = textOf(args, 'channel')!;
    const by = personOf(args, context);
    const image = await apiOf(args, context).post<FleetImage>(`channels/${encodeURIComponent(channel)}`, {
      image: name,
      by,
    });
    context.print(`${channel} has ${name} now. Devices get it by a rollout: tashika fleet rollout plan FILE`);
    context.answer(image);
    return 0;
  },
};

export const revokeCommand: Command = {
  name: 'revoke',
  summary: 'Never offer an image again; images that were built on it are listed',
  positionals: [imagePositional],
  options: {
    api: apiOption,
    by: byOption,
    reason: { type: 'text', value: 'TEXT', summary: 'Why, for the audit log', required: true },
  },
  async run(args, context) {
    const api = apiOf(args, context);
    const path = pathOf(args);
    const image = await api.get<FleetImage>(path);
    const has =
      image.devices > 0 ? ` ${devicesHaveIt(image.devices)}, and ${image.devices === 1 ? 'keeps' : 'keep'} it.` : '';
    const twins =
      image.sameBytes.length > 0
        ? ` With it goes ${listed(image.sameBytes)}: the same bytes under another version.`
        : '';
    if (!(await context.confirm(`Revoke ${image.image} for good?${has}${twins}`))) {
      context.print('Nothing was changed.');
      context.answer(image);
      return EXIT_DECLINED;
    }
    const revoked = await api.post<FleetImage>(`${path}/revoke`, {
      reason: textOf(args, 'reason')!,
      by: personOf(args, context),
    });
    context.print(
      image.revokedAt === null
        ? `${revoked.image} is revoked and is never offered again.${has}${twins}`
        : `${revoked.image} was revoked before, and that stays: ${revoked.revokedReason ?? 'no reason was told'}`,
    );
    context.print(
      revoked.children.length === 0
        ? 'No image was built on it.'
        : `These were built on it, and are not revoked: ${listed(revoked.children)}.`,
    );
    context.answer(revoked);
    return 0;
  },
};

function nameOf(args: CommandArguments): string {
  const text = textOf(args, 'image')!;
  if (parseImageName(text)) return text;
  throw usageError(`${text} is no image: kind and version are wanted, such as agent/1.5.0.`, 'tashika fleet');
}

function pathOf(args: CommandArguments): string {
  const { kind, version } = parseImageName(nameOf(args))!;
  return `images/${kind}/${encodeURIComponent(version)}`;
}
