import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pinRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { sha256OfText } from '../../solver/math/sha256.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { checkWritable, readJson, writeWhole } from '../../workers/command/files.ts';
import { pinInto } from '../pin/manifest.ts';
import { fetchFiles } from './fetch.ts';
import { dataSteps, dataText, runSteps } from './steps.ts';

/**
 * Does the steps that are left until a recipe's pipeline can be measured: pins it, downloads its files and makes its labelled
 * pack.
 * @param folder gets the manifest, the pack and, in `data`, the files that the recipe's steps write
 * @returns the path of the manifest
 * @throws UsageError if the folder has the manifest of another pipeline, or of other stages or models than the recipe now has
 */
export async function prepareRecipe(
  recipe: Recipe,
  folder: string,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<string> {
  const path = resolve(folder, 'manifest.json');
  // The note is written before the manifest, so that it always tells of which recipe the manifest's models are. Folders that
  // older versions made have no note.
  const note = resolve(folder, 'data', '.pinned');
  const stages = sha256OfText(JSON.stringify(recipe.stages));
  if (!existsSync(path)) {
    await checkWritable(path);
    await writeWhole(note, `${stages}\n`);
    say(await pinInto(path, signal, (hub, manifest, keep) => pinRecipe(hub, recipe, manifest, keep)));
  }
  const { name, pack } = await readJson(path, parseManifest);
  if (name !== recipe.name)
    throw new UsageError(`${path} is of the pipeline ${name}. Give another folder with --out.`);
  if (existsSync(note) && (await readFile(note, 'utf8')).trim() !== stages)
    throw new UsageError(
      `The recipe has other stages or models than when ${path} was made from it. Delete that file to pin those of the recipe, or ` +
        'give another folder with --out.',
    );
  say(await fetchFiles(path, signal));
  say(`${dataText(recipe)}\n`);
  const data = { folder: resolve(folder, 'data'), packed: pack !== undefined };
  await runSteps(dataSteps(recipe, path), { ...data, signal, say });
  return path;
}
