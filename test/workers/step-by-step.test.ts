import { beforeAll, describe, expect, it } from 'vitest';
import { type Item, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { childrenOf } from '../../models/manifests/pipeline.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type StageChoice, type StageStep, StepByStep } from '../../workers/executor/step-by-step.ts';
import { ModelLoadError } from '../../workers/runtime/errors.ts';
import { loadFashion } from './fashion.ts';

const CHOICES: readonly StageChoice[] = [
  { name: 'detect', variant: 'det8', backend: 'cpu', threads: 1 },
  { name: 'classify', variant: 'cnn8', backend: 'cpu', threads: 1 },
];

let models: LoadedManifest;
let scene: Item;

beforeAll(async () => {
  models = await loadFashion();
  [scene] = itemsOf((await models.readPack()).items) as [Item];
});

const start = (
  signal = new AbortController().signal,
  loaded = models,
  environment: Environment = nodeEnvironment(),
) => StepByStep.start(loaded, environment, CHOICES, signal);

async function stepsOf(steps: StepByStep, item: Item): Promise<StageStep[]> {
  const all: StageStep[] = [];
  for await (const step of steps.answer(item)) all.push(step);
  return all;
}

describe('a request that is answered step by step', () => {
  it('has what went into each stage and what came out: the next items follow from the results', async () => {
    const steps = await start();
    const before = scene.slice();
    const [detect, classify] = await stepsOf(steps, scene);
    expect(scene).toEqual(before);
    expect(detect!.items).toEqual([scene]);
    expect(detect!.choice).toEqual(CHOICES[0]);
    const { stage } = detect!;
    const children = childrenOf(stage, stage.next!.format, scene, detect!.results[0]!);
    expect(children.length).toBeGreaterThan(0);
    expect(classify!.items).toEqual(children);
    expect(classify!.results.map(({ task }) => task)).toEqual(children.map(() => 'image-classification'));
    expect(classify!.ms).toBeGreaterThan(0);
    steps.close();
  });

  it('has an empty step where no item is passed on', async () => {
    const steps = await start();
    const black = new Uint8Array(scene.length);
    const [, classify] = await stepsOf(steps, black);
    expect(classify!.items).toEqual([]);
    expect(classify!.results).toEqual([]);
    steps.close();
  });

  it('ends with its workers', async () => {
    const steps = await start();
    steps.close();
    await expect(stepsOf(steps, scene)).rejects.toThrow(/step-detect/);
  });

  it('does not begin after an abort', async () => {
    await expect(start(AbortSignal.abort(new Error('no more')))).rejects.toThrow('no more');
  });

  it('does not begin with a broken model, or without the backend', async () => {
    const broken = { ...models, readModels: async () => ({ model: new Uint8Array([1, 2, 3]) }) };
    await expect(start(undefined, broken)).rejects.toThrow(ModelLoadError);
    // No model can be loaded without its backend.
    const environment = { ...nodeEnvironment(), unavailable: async () => 'it is gone' };
    await expect(start(undefined, broken, environment)).rejects.toThrow(
      'Backend cpu is not available: it is gone.',
    );
  });
});
