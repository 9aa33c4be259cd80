import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { COLOURS, SCENE } from './formats.ts';

/** Writes pictures, each of a coloured quarter on black, into two folders, and their boxes as COCO's JSON. @returns `folder` */
export async function colouredQuarters(folder: string): Promise<string> {
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const [half, side] = [SCENE, 2 * SCENE];
  const create = (size: number, background: string) => ({
    create: { width: size, height: size, channels: 3 as const, background },
  });
  for (const [i, background] of ['#ff0000', '#00ff00', '#0000ff'].entries()) {
    const input = await sharp(create(half, background)).png().toBuffer();
    const scene = sharp(create(side, '#000')).composite([{ input, left: half * (i % 2), top: 0 }]);
    await write(`images/${i % 2}/${i}.png`, await scene.png().toBuffer());
  }
  const coco = {
    images: COLOURS.map((_, id) => ({ id, file_name: `${id % 2}/${id}.png` })),
    annotations: COLOURS.map((_, id) => ({
      image_id: id,
      category_id: 10 + id,
      bbox: [half * (id % 2), 0, half, half],
    })),
    categories: COLOURS.map((one, i) => ({ id: 10 + i, name: one })),
  };
  await write('annotations/instances.json', JSON.stringify(coco));
  return folder;
}
