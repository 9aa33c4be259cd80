import { parseManifest } from '../../models/manifests/manifest.ts';
import type { Cell, MeasuredCell } from '../../solver/documents/cell.ts';
import type { Backend, Device } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { type Random, seededRandom } from '../../solver/math/random.ts';
import { summaryOf } from '../../solver/math/statistics.ts';

/** A plausible manifest and profiles of the fashion pipeline on a software adapter, equal for equal seeds. */

/** A name that, without escaping, would act as markup, a script, a pattern of a replacement and a formula of a spreadsheet. */
export const HOSTILE = '</script><img src=x onerror="window.broken = 1"> $& =cmd()';

interface VariantFacts {
  readonly accuracy: number;
  readonly sizeBytes: number;
  /** The time of one item on wasm, in ms. */
  readonly itemMs: number;
}

export const FACTS: Record<string, Record<string, VariantFacts>> = {
  detect: {
    det4: { accuracy: 0.781, sizeBytes: 11_420, itemMs: 0.9 },
    det8: { accuracy: 0.872, sizeBytes: 39_300, itemMs: 2.4 },
    det16: { accuracy: 0.931, sizeBytes: 148_200, itemMs: 7.1 },
  },
  classify: {
    linear: { accuracy: 0.842, sizeBytes: 31_900, itemMs: 0.03 },
    mlp64: { accuracy: 0.879, sizeBytes: 204_000, itemMs: 0.06 },
    cnn8: { accuracy: 0.893, sizeBytes: 58_000, itemMs: 0.35 },
    cnn16: { accuracy: 0.914, sizeBytes: 121_000, itemMs: 0.9 },
    res16: { accuracy: 0.928, sizeBytes: 310_000, itemMs: 2.8 },
    res32: { accuracy: 0.941, sizeBytes: 1_190_000, itemMs: 9.2 },
  },
};

const BACKENDS = ['webgpu', 'wasm'] as const;
const BATCHES = [1, 2, 4];
export const hash = (text: string) =>
  Array.from({ length: 64 }, (_, i) => ((text.charCodeAt(i % text.length) * (i + 7)) % 16).toString(16)).join(
    '',
  );

export const device: Device = {
  environment: 'browser',
  agent: 'Chromium 156.0.7204.49',
  platform: 'Linux',
  logicalCores: 8,
  adapter: {
    vendor: 'google',
    architecture: 'swiftshader',
    description: 'SwiftShader Device',
    software: true,
  },
  ortVersion: '1.30.0',
  ortBuild: 'jspi',
  crossOriginIsolated: true,
  timerGrainMs: 0.005,
};

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export const typicalMs = (facts: VariantFacts, backend: Backend, batch: number): number =>
  backend === 'webgpu' ? 1.2 + facts.itemMs * 4 * batch ** 0.82 : 0.12 + facts.itemMs * batch ** 0.95;

function cell(random: Random, stage: string, variant: string, backend: Backend, batch: number): Cell {
  const key = { stage, variant, backend, threads: 1, batch };
  const typical = typicalMs(FACTS[stage]![variant]!, backend, batch);
  if (typical > 100) return { ...key, state: 'skipped', reason: 'breaks-sla' };
  if (variant === 'res16' && backend === 'webgpu' && batch === 4)
    return { ...key, state: 'failed', error: 'ModelLoadError: res16.onnx cannot be loaded' };
  const n = variant === 'res32' && backend === 'webgpu' ? 12 : 60;
  const samples = Array.from(
    { length: n },
    () => typical * Math.exp(0.07 * normal(random) + (random() < 0.04 ? 0.5 : 0)),
  );
  const flags: MeasuredCell['flags'] = backend === 'webgpu' ? ['software-adapter'] : [];
  if (n < 20) flags.push('few-samples');
  if (typical < 0.1) flags.push('timer-grain');
  if (variant === 'cnn16' && batch === 4) flags.push('drift');
  return {
    ...key,
    state: 'measured',
    cold: {
      loadMs: 4 + random() * 6,
      createMs: 30 + random() * 40,
      firstRunMs: typical * (backend === 'webgpu' ? 6 : 2),
    },
    warmupRuns: 12,
    inferenceMs: samples.map((ms) => ms * 0.9),
    handlingMs: samples.map((ms) => ms * 0.1),
    latencyMs: summaryOf(samples),
    outputs: { maxAbsError: backend === 'webgpu' ? 2.4e-6 : 0, agree: true },
    flags,
  };
}

const variantsOf = (stage: string) => Object.keys(FACTS[stage]!);
export const CHOICES = variantsOf('detect').flatMap((detect) =>
  variantsOf('classify').map((classify) => ({ detect, classify })),
);
/** How many cells a profile of `fashionProfile` with the default batches has. */
export const CELLS =
  (variantsOf('detect').length + variantsOf('classify').length) * BACKENDS.length * BATCHES.length;
export const pasOf = (choice: { detect: string; classify: string }) =>
  FACTS.detect![choice.detect]!.accuracy * FACTS.classify![choice.classify]!.accuracy;

export function fashionProfile(seed = 1, batches: readonly number[] = BATCHES): Profile {
  const random = seededRandom(seed);
  const stages = Object.entries(FACTS).map(([name, variants]) => ({
    name,
    task: name === 'detect' ? 'object-detection' : 'image-classification',
    metric: name === 'detect' ? 'F1 at IoU 0.5' : 'top-1',
    variants: Object.entries(variants).map(([variant, facts]) => ({
      name: variant,
      sha256: hash(variant),
      sizeBytes: facts.sizeBytes,
      accuracy: {
        published: facts.accuracy,
        measured: {
          value: facts.accuracy - 0.004,
          n: 240,
          others: { [name === 'detect' ? 'mAP@0.5' : 'macro F1']: facts.accuracy - 0.05 },
        },
      },
    })),
  }));
  const cells = stages.flatMap((stage) =>
    stage.variants.flatMap((variant) =>
      BACKENDS.flatMap((backend) =>
        batches.map((batch) => cell(random, stage.name, variant.name, backend, batch)),
      ),
    ),
  );
  const counts = () => Array.from({ length: 60 }, () => 1 + Math.floor(random() * 5));
  return parseProfile(
    {
      schema: 'ipa-edge/profile@1',
      createdAt: '2026-11-20T09:30:00Z',
      pipeline: 'fashion',
      device,
      settings: { seed, budgetS: 120, batches, slaMs: null },
      stages,
      cells,
      fanOut: [
        { stage: 'detect', upstream: {}, counts: Array(60).fill(1) },
        ...variantsOf('detect').map((detect) => ({
          stage: 'classify',
          upstream: { detect },
          counts: counts(),
        })),
      ],
      coRun: [],
      endToEnd: CHOICES.map((variants) => ({
        variants,
        metric: 'F1 with class',
        value: pasOf(variants) - 0.02 + 0.01 * random(),
        n: 240,
        counts: Array.from({ length: 240 }, (): [number, number, number] => [3, 1, 1]),
      })),
    },
    'fixture',
  );
}

/** Returns a profile's cells of wasm, as Node would have measured them on the CPU. */
export const cellsOfNode = ({ cells }: Profile): Cell[] =>
  cells.filter(({ backend }) => backend === 'wasm').map((one) => ({ ...one, backend: 'cpu' }));

export const fashionManifest = (): Manifest =>
  parseManifest(
    {
      schema: 'ipa-edge/manifest@1',
      name: 'fashion',
      title: 'Fashion scenes: find the garments, name them',
      stages: Object.entries(FACTS).map(([name, variants]) => ({
        name,
        ...(name === 'detect'
          ? {
              task: 'object-detection',
              input: { channels: 1, height: 128, width: 128 },
              output: { format: 'centre-map', stride: 4, sizeScale: 32, threshold: 0.4 },
            }
          : {
              task: 'image-classification',
              input: { channels: 1, height: 28, width: 28 },
              classes: ['T-shirt', 'Trouser', 'Coat', 'Bag'],
            }),
        variants: Object.entries(variants).map(([variant, facts]) => ({
          name: variant,
          file: `${variant}.onnx`,
          sha256: hash(variant),
          sizeBytes: facts.sizeBytes,
          accuracy: facts.accuracy,
          accuracySource: 'held-out split of the training script',
        })),
      })),
      pack: { file: 'pack.bin', sha256: hash('pack'), source: 'Fashion-MNIST test images, composed' },
    },
    'fixture',
  );
