import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../../workers/command/root.ts';
import { imageFiles } from './image-files.ts';

// agent/Containerfile runs this module, which copies the files of the installed package that the image needs to a folder.
const [folder, ...models] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: copy.js FOLDER [MODELS...]');
const { platform, arch } = process;
for (const file of await imageFiles(ROOT, { platform, arch, models })) {
  const target = join(folder, file);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(join(ROOT, file), target);
}
