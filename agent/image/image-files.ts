import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { filesOf } from '../../models/manifests/edit.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { isUrl } from '../../workers/hub/reader.ts';

interface ImageContent {
  /** Operating system in Node's terms, e.g. `linux`. */
  readonly platform: string;
  /** Processor architecture in Node's terms, e.g. `x64`. */
  readonly arch: string;
  /** Folders of `models/` with the pipelines to serve. */
  readonly models: readonly string[];
}

const COMPILED = 'dist/lib';
const ENTRY = `${COMPILED}/agent/cli.js`;
/** Modules of child processes. The agent starts them by the paths of their files, so no import names them. */
const CHILD = /worker\.node\.js$/;
/** Modules, and their declarations and source maps. All other compiled files are data, such as the load predictor. */
const MODULE = /\.(?:js|d\.ts|map)$/;
/** Further files that the agent needs. */
const ALSO = ['package.json', 'agent/ipa-agent.js'];

/** Imports in compiled JavaScript: `from 'x'`, `import 'x'`, `import('x')`. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"\n]+)['"]/g;
/** A package's name at the start of an import, e.g. `@scope/name` of `@scope/name/file.js`. */
const PACKAGE = /^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*(?=\/|$)/;

/** Files of packages that no program reads. */
const UNREAD = /\.(?:[cm]?ts|map|md|flow|tsbuildinfo)$|\/tests?\//;
/** Licence files, which must go with the package that they are for, although no program reads them. */
const LICENCE = /\/(?:licen[cs]e|notice|copying|copyright)[^/]*$/i;
/** The path of a binary, with the system and the architecture that it is for. */
const BINARY = /\/(?:onnxruntime-node\/bin\/[^/]+|prebuilds)\/([a-z0-9]+)[-/]([a-z0-9_]+)[^/]*\//;

/**
 * Lists the files of an image, as paths inside the package: the agent's modules, the packages that they import, with their
 * dependencies, the binaries of one platform, and the models.
 * @param root folder of the installed package
 * @throws Error if an imported package is not installed, or a manifest is invalid
 */
export async function imageFiles(root: string, { platform, arch, models }: ImageContent): Promise<string[]> {
  const compiled = await filesIn(root, COMPILED);
  const modules = new Set<string>();
  const imported = new Set<string>();
  for (const entry of [ENTRY, ...compiled.filter((file) => CHILD.test(file))])
    await follow(join(root, entry), modules, imported);
  const folders = new Set<string>();
  for (const name of imported) addPackage(root, name, root, folders);
  const packages = (
    await Promise.all([...folders].map((folder) => filesIn(root, relative(root, folder))))
  ).flat();
  const needed = packages.filter((file) => {
    const [, system = platform, cpu = arch] = BINARY.exec(file) ?? [];
    return (LICENCE.test(file) || !UNREAD.test(file)) && system === platform && cpu === arch;
  });
  const served = await Promise.all(models.map((name) => filesOfPipeline(root, name)));
  return [
    ...ALSO,
    ...[...modules].map((file) => relative(root, file)),
    ...compiled.filter((file) => !MODULE.test(file)),
    ...new Set(served.flat()),
    ...needed,
  ];
}

/** The files in a pipeline's folder, and those in other folders that its manifest names: shipped pipelines share models. */
async function filesOfPipeline(root: string, name: string): Promise<string[]> {
  const folder = join('models', name);
  const own = (await filesIn(root, folder)).filter((file) => !file.endsWith('.ts'));
  const path = join(folder, 'manifest.json');
  if (!own.includes(path)) return own;
  const manifest = parseManifest(JSON.parse(await readFile(join(root, path), 'utf8')), path);
  const named = filesOf(manifest).filter(({ file }) => !isUrl(file));
  return [...own, ...named.map(({ file }) => join(folder, file))];
}

/** Adds a module and all that it imports. @param imported gets the names of packages */
async function follow(file: string, modules: Set<string>, imported: Set<string>): Promise<void> {
  if (modules.has(file)) return;
  modules.add(file);
  for (const [, name = ''] of (await readFile(file, 'utf8')).matchAll(IMPORT)) {
    const [ofPackage] = PACKAGE.exec(name) ?? [];
    if (name.startsWith('.')) {
      if (name.endsWith('.js')) await follow(resolve(dirname(file), name), modules, imported);
    } else if (ofPackage !== undefined && !name.startsWith('node:')) imported.add(ofPackage);
  }
}

/** Adds the folder of a package, and those of the packages that it depends on. @param from folder of the module that needs it */
function addPackage(root: string, name: string, from: string, folders: Set<string>, optional = false): void {
  let at = from;
  while (!existsSync(join(at, 'node_modules', name, 'package.json'))) {
    if (at === root) {
      if (optional) return;
      throw new Error(`The package ${name} is not installed in ${root}.`);
    }
    at = dirname(at);
  }
  const folder = join(at, 'node_modules', name);
  if (folders.has(folder)) return;
  folders.add(folder);
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  for (const one of Object.keys(dependencies))
    addPackage(root, one, folder, folders, one in optionalDependencies);
  for (const one of Object.keys({ ...optionalDependencies, ...peerDependencies }))
    addPackage(root, one, folder, folders, true);
}

/** All files in a folder of the root, without packages nested in it, which are found by their dependents. */
async function filesIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const each = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(root, path);
    return [path];
  });
  return (await Promise.all(each)).flat();
}
