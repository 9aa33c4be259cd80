import { expect, test } from 'vitest';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { specAlone } from '../../workers/stage/protocol.ts';
import { DIRECTION, HEIGHT, LINES, lettersOf, MODEL, WIDTH } from '../text-strokes.ts';

/** Draws a line on a canvas, upright or upside down, as an item: one plane for each channel. */
function pictureOf(line: string, upsideDown: boolean): Item {
  const context = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d')!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = '#222';
  context.lineWidth = 3;
  const turn = upsideDown ? new DOMMatrix([-1, 0, 0, -1, WIDTH, HEIGHT]) : new DOMMatrix();
  for (const { path, at, scale } of lettersOf(line)) {
    const placed = new Path2D();
    placed.addPath(new Path2D(path), turn.translate(...at).scale(...scale));
    context.stroke(placed);
  }
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  const plane = WIDTH * HEIGHT;
  return Uint8Array.from({ length: 3 * plane }, (_, i) => data[4 * (i % plane) + Math.floor(i / plane)]!);
}

test.each(['wasm', 'webgpu'] as const)(
  "PaddleOCR's classifier of text direction gives right answers on %s",
  async (backend) => {
    const model = new Uint8Array(await (await fetch(`/${MODEL}`)).arrayBuffer());
    const stage: ManifestStage = { ...DIRECTION, variants: [] };
    const worker = await browserEnvironment().spawn('test', 1);
    const spec = specAlone(stage, { key: 'v', model: 'direction/v', backend });
    await worker.load(spec, { model });
    const pictures = [false, true].map((upsideDown) => pictureOf(LINES[0]!, upsideDown));
    const { results } = await worker.run('v', batchOf(pictures));
    expect(results).toMatchObject([{ label: 0 }, { label: 1 }]);
    worker.terminate();
  },
);
