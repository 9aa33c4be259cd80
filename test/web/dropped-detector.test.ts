import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { colouredQuarters } from '../coloured-quarters.ts';
import { COLOURS, SCENE } from '../formats.ts';
import { quarterDetector } from '../onnx.ts';
import { DropSite } from './drop-site.ts';

/** Drops detectors without a manifest or a configuration on the shipped page, in the way of a file manager. */

const site = new DropSite();
const { dropAnywhere, write } = site;

describe('a detector in a YOLO format, as an ONNX file alone', () => {
  const form = () => site.own.page.getByRole('region', { name: 'A new pipeline without a manifest' });
  const names = () => form().getByRole('textbox', { name: 'Names of its 3 classes' });

  it.each(['yolov8', 'yolov5'] as const)(
    'is recognised as %s, asked for its classes, and finds every labelled object',
    async (format) => {
      await dropAnywhere(await write(`${format}.onnx`, quarterDetector(format, 'float32')));
      await names().waitFor();
      expect(await site.own.status().textContent()).toBe(
        `${format}.onnx fits no stage of fashion, and looks like a detector in a YOLO format. Name its classes above, under "A new pipeline without a manifest".`,
      );
      expect(await form().getByRole('combobox', { name: 'Output format' }).inputValue()).toBe(format);
      const boxes = await colouredQuarters(join(site.folder, 'boxes'));
      const giveBoxes = () => form().getByLabel('Choose a folder of labelled data').setInputFiles(boxes);
      await names().fill('red\ngreen');
      await giveBoxes();
      await site.own.refused(/tells 3 classes apart, and 2 are named/);
      await names().fill(COLOURS.join('\n'));
      await giveBoxes();
      await expect.poll(() => site.own.chosen()).toBe(format);
      expect(await site.own.status().textContent()).toContain(
        `detector of 3 classes in the format ${format}`,
      );
      expect((await site.own.measure()).stages[0]!.variants[0]!.accuracy.measured).toMatchObject({
        value: 1,
        n: 3,
      });
    },
  );

  it('whose exporter noted the names is a pipeline with them at once, beside boxes and pictures', async () => {
    const notes = { names: "{0: 'red', 1: 'green', 2: 'blue'}" };
    const model = await write('noted.onnx', quarterDetector('yolov8', 'float32', SCENE, notes));
    await dropAnywhere(model, await colouredQuarters(join(site.folder, 'noted-photos')));
    await expect.poll(() => site.own.chosen()).toBe('noted');
    expect(await site.own.status().textContent()).toContain('measuring uses 3 pictures of');
  });

  it('without labels answers a picture with the names that the exporter noted', async () => {
    const notes = { names: "{0: 'red', 1: 'green', 2: 'blue'}" };
    await dropAnywhere(await write('alone.onnx', quarterDetector('yolov8', 'float32', SCENE, notes)));
    await names().waitFor();
    expect(await names().inputValue()).toBe(COLOURS.join('\n'));
    await form().getByRole('button', { name: 'Go on without labels' }).click();
    await expect.poll(() => site.own.chosen()).toBe('alone');
    const picture = join(await colouredQuarters(join(site.folder, 'seen')), 'images/1/1.png');
    await site.own.page.getByLabel('Choose a picture').setInputFiles(picture);
    await site.own.page.getByRole('button', { name: 'Run your input' }).click();
    await site.own.page.getByText(/^Answered in/).waitFor();
    const steps = site.own.page.getByRole('list', { name: 'Stage by stage' });
    expect(await steps.textContent()).toContain('green');
  });
});
