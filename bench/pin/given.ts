import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { describeFiles } from '../../models/hub/describe.ts';
import { type AloneOptions, describeAlone } from '../../models/hub/describe-alone.ts';
import { type DtypeChoice, dtypeText } from '../../models/hub/dtypes.ts';
import { NoModelFileError, UnreadPrefixError } from '../../models/hub/errors.ts';
import { cachedName, isAssetName, ONNX_FILE } from '../../models/hub/file-names.ts';
import type { GivenFile } from '../../models/hub/given/given-file.ts';
import { isDescribed, modelFolders } from '../../models/hub/given/model-folders.ts';
import { isWeights } from '../../models/hub/given/weights.ts';
import { type PinNames, withPin } from '../../models/hub/pin.ts';
import { unreadableText } from '../../models/manifests/file-problem.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { filesIn, readAtMost } from '../../workers/command/files.ts';

/** Pins models that lie on this machine. */

interface FileOnDisk extends GivenFile {
  readonly at: string;
}

interface GivenOptions extends PinNames, AloneOptions {
  readonly dtypes?: readonly DtypeChoice[] | undefined;
  readonly task?: string | undefined;
  readonly prefix?: string | undefined;
}

/** The options for an ONNX file without a config.json; for other models, the config.json states them. */
export const ALONE = ['classes', 'size', 'scaling'] as const;

/** @throws UsageError if the user gives an option of {@link ALONE} for a model whose source already states it */
export function refuseAlone(source: string, said: Partial<Record<(typeof ALONE)[number], unknown>>): void {
  for (const own of ALONE)
    if (said[own] !== undefined) throw new UsageError(`${source} says this itself: leave --${own} out.`);
}

/** The path with slashes, also on Windows, as in manifests and in a browser. */
const slashed = (path: string): string => path.replaceAll(sep, '/');

/**
 * Adds the models of a folder in the hub's layout, or of one ONNX file, to a manifest.
 * @param out path of the manifest, which names the files by paths relative to its folder
 * @param say gets a text on what was assumed because the files do not state it
 * @throws NoModelFileError, UsageError, and errors of describing models
 */
export async function pinGiven(
  path: string,
  existing: Manifest | null,
  out: string,
  { dtypes, task, prefix, ...said }: GivenOptions,
  say: (text: string) => void,
): Promise<Manifest> {
  const files = await modelFiles(path);
  const folders = modelFolders(files, {
    bytes: async ({ at }, mostBytes) => new Uint8Array(await readAtMost(at, mostBytes)),
    addressOf: ({ at }) => slashed(relative(dirname(resolve(out)), at)),
  });
  let manifest = existing;
  let pinned = 0;
  for (const folder of folders) {
    const hasConfig = isDescribed(folder.repository.files.map(({ path }) => ({ name: path })));
    if (hasConfig) refuseAlone(`The config.json of ${path}`, said);
    const { described, assumed, anew } = hasConfig
      ? { described: await describeFiles(folder, { task, prefix }), assumed: null, anew: false }
      : await describeAlone(folder, manifest, said);
    const given = described.stage.task;
    if (task && task !== given) throw new UsageError(`${path} is a model for ${given}: leave --task out.`);
    if (prefix && !hasConfig) throw new UnreadPrefixError(path, given);
    const own = dtypeText(described.variants[0]!.dtypes);
    if (dtypes && !dtypes.some((one) => dtypeText(one) === own)) continue;
    if (assumed) say(assumed);
    manifest = withPin(manifest, described, { ...said, anew });
    pinned++;
  }
  if (!manifest || pinned === 0)
    throw new NoModelFileError(
      `${path} has no ONNX models${dtypes ? ` in ${dtypes.map(dtypeText).join(', ')}` : ''}. Give the folder of a model, or its .onnx file.`,
    );
  return manifest;
}

/** Lists the files of a folder or, for an .onnx file, that file and those beside it that belong to it. */
async function modelFiles(path: string): Promise<FileOnDisk[]> {
  const found = await stat(path).catch((cause) => {
    throw new UsageError(unreadableText(path, cause), { cause });
  });
  const isFolder = found.isDirectory();
  if (!isFolder && !ONNX_FILE.test(path)) return [];
  const root = isFolder ? path : dirname(path);
  const isOwn = (name: string) =>
    isFolder ||
    name === basename(path) ||
    isAssetName(name) ||
    (isWeights({ name }) && name.startsWith(basename(path)));
  const own = (await filesIn(root, isFolder))
    .map((file) => ({ name: basename(file), at: resolve(file) }))
    .filter(({ name }) => isOwn(name));
  // The folder of a commit in the hub's download cache lies in the folder that has the model's name.
  const outer = resolve(path, cachedName(slashed(resolve(path))) ? '../../..' : '..');
  // Without a config.json, the other files in an ONNX file's folder need not belong to it.
  const alone = !isFolder && !isDescribed(own);
  return Promise.all(
    own
      .filter(({ name }) => !(alone && isAssetName(name)))
      .map(async ({ name, at }) => {
        const { size } = await stat(at);
        return { name, size, at, webkitRelativePath: isFolder ? slashed(relative(outer, at)) : '' };
      }),
  );
}
