import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { childrenOf, Pipeline } from '../../models/manifests/pipeline.ts';
import type { Pack } from '../../models/packs/pack.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { accuracySteps, type MeasuredAccuracy, measureAccuracy } from '../../workers/profiler/accuracy.ts';
import type { AccuracyPart, RunVariant } from '../../workers/profiler/accuracy-part.ts';
import { loadShipped } from '../shipped.ts';
import { loadSmallFashion } from './fashion.ts';

let models: LoadedManifest;
let pack: Pack;

beforeAll(async () => {
  models = await loadSmallFashion();
  pack = await models.readPack();
});

/** Makes up a variant's answers from its name: objects at one place, and one class. */
const runMadeUp: RunVariant = async (stage, variant, items) => {
  const size = variant.length;
  if (stage === 'classify') {
    const results = items.map(() => ({ task: 'image-classification', label: size % 10, score: 1 }));
    return { results, children: batchOf([]), childCounts: items.map(() => 0) };
  }
  const found = variant === 'det4' ? 1 : 2;
  const detections = Array.from({ length: found }, (_, i) => ({
    x0: 0,
    y0: 0,
    x1: 20 + i,
    y1: 20,
    label: 0,
    score: 1,
  }));
  return {
    results: items.map(() => ({ task: 'object-detection', detections })),
    children: batchOf(items.flatMap(() => detections.map(() => new Uint8Array(28 * 28)))),
    childCounts: items.map(() => found),
  };
};

/** The kinds of saved parts that stand for a whole step of measuring. */
const MEASURES = new Set<AccuracyPart['kind']>(['variant-accuracy', 'combination']);

interface Session {
  /** Steps that ran, in order. */
  readonly ran: string[];
  readonly recalled: string[];
  readonly saved: AccuracyPart[];
}

/** Measures until `parts` parts are saved: saving one more fails, and `accuracy` is null. By default it measures to the end. */
async function session(
  known: readonly AccuracyPart[],
  parts = Number.POSITIVE_INFINITY,
): Promise<Session & { readonly accuracy: MeasuredAccuracy | null }> {
  const told: Session = { ran: [], recalled: [], saved: [] };
  const accuracy = await measureAccuracy(models.pipeline, pack, runMadeUp, known, {
    step: (what) => told.ran.push(what),
    recall: (what) => told.recalled.push(what),
    async save(part) {
      if (told.saved.length === parts) throw new Error('interrupted');
      told.saved.push(part);
    },
  }).catch(() => null);
  return { ...told, accuracy };
}

describe('measuring accuracy', () => {
  it('takes the steps that were announced, in their order', async () => {
    const { ran, accuracy } = await session([]);
    expect(ran).toEqual(accuracySteps(models.manifest));
    expect(accuracy!.endToEnd).toHaveLength(4);
    expect(accuracy!.fanOut.map(({ stage, upstream }) => [stage, upstream])).toEqual([
      ['detect', {}],
      ['classify', { detect: 'det4' }],
      ['classify', { detect: 'det8' }],
    ]);
  });

  it('goes on after any interruption with what was saved, measures nothing of it again, and comes to the same', async () => {
    const whole = await session([]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.saved.length - 1),
        fc.nat(whole.saved.length - 1),
        async (first, second) => {
          const one = await session([], first);
          const two = await session(one.saved, second);
          const rest = await session([...one.saved, ...two.saved]);
          expect(rest.accuracy).toEqual(whole.accuracy);
          expect([...rest.recalled, ...rest.ran].sort()).toEqual([...whole.ran].sort());
          // The last session does not measure again what the first two have saved of a variant or a combination.
          const known = [...one.saved, ...two.saved].filter(({ kind }) => MEASURES.has(kind));
          expect(rest.ran.length).toBeLessThanOrEqual(whole.ran.length - known.length);
        },
      ),
      { numRuns: 40, examples: [[14, 1]] },
    );
  });
});

describe('the fan-out behind the most combinations that are measured', () => {
  it('is that of the labels, whatever a variant finds', async () => {
    const [detect, classify] = models.manifest.stages;
    const [variant] = detect!.variants;
    const variants = Array.from({ length: 513 }, (_, i) => ({ ...variant!, name: `det${i}` }));
    const pipeline = new Pipeline({
      ...models.manifest,
      stages: [{ ...detect!, variants }, classify!] as Manifest['stages'],
    });
    const few = { items: batchOf(itemsOf(pack.items, 2)), truths: pack.truths!.slice(0, 2) };
    const watch = { step: () => {}, recall: () => {}, save: async () => {} };
    const { fanOut, endToEnd } = await measureAccuracy(pipeline, few, runMadeUp, [], watch);
    expect(fanOut).toEqual([
      { stage: 'detect', upstream: {}, counts: [1, 1] },
      { stage: 'classify', upstream: {}, counts: few.truths.map(({ children }) => children.length) },
    ]);
    expect(endToEnd).toEqual([]);
  });
});

describe('the fan-out of a pipeline for texts', () => {
  it('has the size of each text that reaches a stage, by the variants before', async () => {
    const { pipeline, readPack } = await loadShipped('mail');
    const mail = await readPack();
    const [language, spam] = [pipeline.stages[0]!, pipeline.stages[1]!];
    /** Takes a text for English if it has over ten times as many bytes as the variant's name has letters. */
    const isEnglish = (variant: string, { length }: Uint8Array) => length > 10 * variant.length;
    const run: RunVariant = async (stage, variant, items) => {
      const labels = items.map((item) => (stage === 'spam' || isEnglish(variant, item) ? 0 : 1));
      const results = labels.map((label) => ({ task: 'text-classification', label, score: 1 }));
      const children =
        stage === 'spam'
          ? items.map(() => [])
          : items.map((item, i) => childrenOf(language, spam.format, item, results[i]!));
      return {
        results,
        children: batchOf(children.flat()),
        childCounts: children.map(({ length }) => length),
      };
    };
    const watch = { step: () => {}, recall: () => {}, save: async () => {} };
    const { fanOut } = await measureAccuracy(pipeline, mail, run, [], watch);
    const texts = itemsOf(mail.items);
    expect(fanOut).toHaveLength(1 + language.stage.variants.length);
    expect(fanOut[0]).toMatchObject({ stage: 'language', sizes: texts.map(({ length }) => length) });
    for (const { upstream, sizes } of fanOut.slice(1))
      expect(sizes).toEqual(
        texts.filter((text) => isEnglish(upstream.language!, text)).map(({ length }) => length),
      );
  });

  it('has no sizes where all items are of one size', async () => {
    const { accuracy } = await session([]);
    expect(accuracy!.fanOut.map(({ sizes }) => sizes)).toEqual([undefined, undefined, undefined]);
  });
});
