import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { parseRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { shippedFile, shippedNames } from '../../workers/command/root.ts';

const FILE = 'recipe.json';

/** @param what the role of a recipe in this command, for the help text */
export const recipeOption = (what: string) =>
  new Option(
    '--recipe <name>',
    `${what}: one of ${shippedNames(FILE).join(', ')}, or the path of a recipe of your own`,
  );

/** Reads a shipped recipe by its name, or another one by its path. @throws UsageError, InvalidDocumentError */
export async function readRecipe(name: string): Promise<Recipe> {
  const shipped = shippedNames(FILE);
  if (shipped.includes(name)) return readJson(shippedFile(name, FILE), parseRecipe);
  if (existsSync(name)) return readJson(name, parseRecipe);
  throw new UsageError(
    `There is no recipe ${name}: choose one of ${shipped.join(', ')}, or give the path of one of your own.`,
  );
}
