import { describe, expect, test } from 'vitest';
import { withPin } from '../../../models/hub/pin.ts';
import { type Manifest, ownFieldsOf, stageOfVariant } from '../../../solver/documents/manifest.ts';
import { DETR, RT_DETR, YOLOS } from './models.ts';
import { pinOf } from './pinned.ts';

describe('detectors of other families in one stage', () => {
  const COCO = ['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'couch', 'potted plant'];
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name, i) => [i, name]));
  const withLabels = <M extends { config: object }>(model: M, names: readonly string[]) => ({
    ...model,
    config: { ...model.config, id2label: named(names) },
  });
  const all = [...COCO, 'dining table', 'tv'];
  const darknet = [
    'person',
    'bicycle',
    'car',
    'motorbike',
    'aeroplane',
    'sofa',
    'pottedplant',
    'diningtable',
    'tvmonitor',
  ];
  const gaps = ['N/A', ...all.slice(0, 5), 'N/A', ...all.slice(5)];
  const rtDetr = pinOf('a/rtdetr', withLabels(RT_DETR, darknet));
  const yolos = pinOf('a/yolos', withLabels(YOLOS, gaps));
  const detr = pinOf('a/detr', withLabels(DETR, gaps));

  test('have the classes of COCO, each with its own size, normalisation, format and order of classes', () => {
    const [stage] = withPin(withPin(withPin(null, rtDetr), yolos), detr).stages;
    expect(stage).toMatchObject({
      classes: all,
      input: { height: 640, width: 640, mean: [0], std: [1] },
      output: { format: 'rt-detr', threshold: 0.5 },
      pictures: { channels: 3, height: 800, width: 800 },
    });
    expect(stage!.variants.map(ownFieldsOf)).toEqual([
      {},
      {},
      ...Array(2).fill({
        input: expect.objectContaining({ height: 512, width: 512, mean: [0.485, 0.456, 0.406] }),
        output: { format: 'detr', threshold: 0.5, classes: gaps },
      }),
      ...Array(2).fill({
        input: expect.objectContaining({ height: 800, width: 800 }),
        output: { format: 'detr', threshold: 0.5, classes: gaps },
      }),
    ]);
  });

  test('are the same variants in whatever order they are pinned', () => {
    const seen = (manifest: Manifest) =>
      manifest.stages[0]!.variants.map((variant) => ({
        ...stageOfVariant(manifest.stages[0]!, variant),
        variants: variant.name,
      })).sort((a, b) => (a.variants < b.variants ? -1 : 1));
    const one = withPin(withPin(withPin(null, rtDetr), yolos), detr);
    const other = withPin(withPin(withPin(null, detr), rtDetr), yolos);
    expect(seen(other)).toEqual(seen(one));
  });

  test("follow the stage's threshold", () => {
    const first = withPin(null, rtDetr, { fields: { output: { threshold: 0.3 } } });
    const [stage] = withPin(first, yolos).stages;
    expect(stageOfVariant(stage!, stage!.variants[2]!)).toMatchObject({ output: { threshold: 0.3 } });
  });

  test('leave the pictures as a pack has them', () => {
    const packed = {
      ...withPin(null, rtDetr),
      pack: { file: 'p', sha256: 'f'.repeat(64), source: 'made up' },
    };
    expect(withPin(packed, detr).stages[0]).toMatchObject({ pictures: { height: 640, width: 640 } });
    expect(withPin(packed, detr).stages[0]!.variants[2]).toMatchObject({ input: { height: 800 } });
  });
});
