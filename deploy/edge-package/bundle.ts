import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, formatMessages, type Plugin } from 'esbuild';

/** What a bundle is made of, and what it stands on. */
export interface Bundle {
  /** Its files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The modules that went into it, as paths. */
  readonly modules: readonly string[];
}

/** The name that serialport's add-on has beside the bundle. */
export const SERIALPORT_ADD_ON = 'serialport.node';

/** CommonJS packages ask for their built-ins by `require`, which modules do not have. */
const REQUIRE =
  "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url), __dirname = import.meta.dirname;";

/**
 * The built agent in few files: the one that it starts with, and one for each thing that is loaded only where it is
 * configured. Text is made shorter but names stay, so that a stack trace from the field can be read.
 *
 * @param root the repository, built
 * @param version what the agent says that it is; the package's where left out
 * @throws Error where esbuild warns of something
 */
export async function bundleAgent(root: string, version?: string): Promise<Bundle> {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'edge/dist/main.js' },
    outdir: 'bundle',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    // Optional to `ws`, and not installed.
    external: ['bufferutil', 'utf-8-validate'],
    plugins: [addOnsOfThePackage, namesAsNodeHasThem, ...(version === undefined ? [] : [sayingVersion(version)])],
    logLevel: 'silent',
    metafile: true,
    write: false,
  });
  if (warnings.length > 0) throw new Error((await formatMessages(warnings, { kind: 'warning' })).join('\n'));
  return {
    files: new Map(outputFiles.map(({ path, contents }) => [path.slice(join(root, 'bundle/').length), contents])),
    modules: Object.keys(metafile.inputs).sort(),
  };
}

/** Native add-ons: serialport's lies beside the bundle; onoff's is left out, because nobody ships it built. */
const addOnsOfThePackage: Plugin = {
  name: 'add-ons-of-the-package',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: 'serialport', namespace: 'add-on' }));
    onLoad({ filter: /^serialport$/, namespace: 'add-on' }, () => ({
      contents: `module.exports = () => require('./${SERIALPORT_ADD_ON}');`,
    }));
    onResolve({ filter: /\.node$/, namespace: 'add-on' }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^onoff$/ }, () => ({ path: 'onoff', namespace: 'left-out' }));
    onLoad({ filter: /^onoff$/, namespace: 'left-out' }, () => ({
      contents: `throw Object.assign(new Error(${JSON.stringify(WITHOUT_ONOFF)}), { code: 'ADD_ON_LEFT_OUT' });`,
    }));
  },
};

const WITHOUT_ONOFF =
  'not in the packages of the agent: leave driver out, or set it to gpiomon, and install libgpiod’s programs (apt install gpiod).';

/** An image's agent says the version of its image: that is what the fleet is told to have, and is held against. */
const sayingVersion = (version: string): Plugin => ({
  name: 'saying-version',
  setup({ onLoad }) {
    onLoad({ filter: /edge\/dist\/version\.js$/ }, () => ({
      contents: `export const VERSION = ${JSON.stringify(version)};`,
    }));
  },
});

/**
 * Packages that are loaded when configured are CommonJS, whose names esbuild does not know: an `import()` of one would
 * bring its default alone. They are given the names that Node gives them.
 */
const namesAsNodeHasThem: Plugin = {
  name: 'names-as-node-has-them',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^.]/ }, ({ kind, path, importer, resolveDir }) =>
      kind === 'dynamic-import' && !isBuiltin(path)
        ? { path, namespace: 'lazy', pluginData: { importer, resolveDir } }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'lazy' }, async ({ path, pluginData: { importer, resolveDir } }) => {
      const names = Object.keys(await import(pathToFileURL(createRequire(importer).resolve(path)).href));
      const named = names.filter((name) => name !== 'default' && name !== 'module.exports');
      return {
        contents: `const all = require('${path}'); export default all; export const { ${named.join(', ')} } = all;`,
        resolveDir,
      };
    });
  },
};
