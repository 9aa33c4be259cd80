import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { parseRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';

const recipePath = (name: string): string => join(ROOT, 'models', name, 'recipe.json');

/** The names of the recipes that come with ipa-edge. */
const shippedRecipes = (): string[] =>
  readdirSync(join(ROOT, 'models')).filter((name) => existsSync(recipePath(name)));

/** @param what a recipe is for this command */
export const recipeOption = (what: string) =>
  new Option(
    '--recipe <name>',
    `${what}: one of ${shippedRecipes().join(', ')}, or the path of a recipe of your own`,
  );

/** Reads the recipe that comes with ipa-edge under this name, or that lies at this path. @throws UsageError, InvalidDocumentError */
export async function readRecipe(name: string): Promise<Recipe> {
  const shipped = shippedRecipes();
  if (shipped.includes(name)) return readJson(recipePath(name), parseRecipe);
  if (existsSync(name)) return readJson(name, parseRecipe);
  throw new UsageError(
    `There is no recipe ${name}: choose one of ${shipped.join(', ')}, or give the path of one of your own.`,
  );
}
