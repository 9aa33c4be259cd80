import { readFile, writeFile } from 'node:fs/promises';
import { writeFewScenes } from '../web/few-scenes.ts';

/** Writes `fashion` into a folder with few scenes and the lightest variant of each stage. @returns the path of its manifest */
export async function writeLightest(folder: string): Promise<string> {
  const path = await writeFewScenes(folder);
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  for (const { variants } of manifest.stages) variants.splice(1);
  await writeFile(path, JSON.stringify(manifest));
  return path;
}
