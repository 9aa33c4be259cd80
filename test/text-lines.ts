import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { MANIFEST } from '../solver/documents/manifest.ts';
import { ROOT } from '../workers/command/root.ts';
import { ownVariant } from './formats.ts';
import { DIRECTION, HEIGHT, LINES, lettersOf, MODEL, WIDTH } from './text-strokes.ts';

/** Pictures of lines of text, and the pipeline of the model that tells which way up they are. */

function drawing(line: string): Buffer {
  const letters = lettersOf(line).map(
    ({ path, at, scale }) =>
      `<path vector-effect="non-scaling-stroke" transform="translate(${at}) scale(${scale})" d="${path}"/>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>` +
      `<g fill="none" stroke="#222" stroke-width="3">${letters.join('')}</g></svg>`,
  );
}

/** Draws each line upright and upside down, in folders named by class. */
export async function drawLines(folder: string): Promise<void> {
  for (const turn of DIRECTION.classes) {
    await mkdir(join(folder, turn), { recursive: true });
    for (const line of LINES)
      await sharp(drawing(line))
        .rotate(Number(turn))
        .toFile(join(folder, turn, `${line}.png`));
  }
}

/** The model's pipeline: the manifest, without a pack, and the model's file. */
export async function textDirection() {
  const model = { name: 'ppocr.onnx', bytes: new Uint8Array(await readFile(join(ROOT, MODEL))) };
  const manifest = {
    schema: MANIFEST,
    name: 'text-direction',
    title: 'Which way up a line of text is',
    stages: [{ ...DIRECTION, variants: [ownVariant([model])] }],
  };
  return { manifest, model };
}
