import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pinRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { pinInto } from '../pin/manifest.ts';
import { fetchFiles } from './fetch.ts';
import { dataSteps, dataText, runSteps } from './steps.ts';

/**
 * Does the steps that are left until a recipe's pipeline can be measured: pins it, downloads its files and makes its labelled
 * pack.
 * @param folder gets the manifest, the pack and, in `data`, the files that the recipe's steps write
 * @returns the path of the manifest
 */
export async function prepareRecipe(
  recipe: Recipe,
  folder: string,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<string> {
  const path = resolve(folder, 'manifest.json');
  if (!existsSync(path))
    say(await pinInto(path, signal, (hub, manifest, keep) => pinRecipe(hub, recipe, manifest, keep)));
  const { name, pack } = await readJson(path, parseManifest);
  if (name !== recipe.name)
    throw new UsageError(`${path} is of the pipeline ${name}. Give another folder with --out.`);
  say(await fetchFiles(path, signal));
  say(`${dataText(recipe)}\n`);
  const data = { folder: resolve(folder, 'data'), packed: pack !== undefined };
  await runSteps(dataSteps(recipe, path), { ...data, signal, say });
  return path;
}
