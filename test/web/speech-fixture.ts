import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type ProfileReport, parseReport } from '../../solver/documents/report.ts';
import { type Random, seededRandom } from '../../solver/math/random.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { device, hash, normal } from './fixtures.ts';

/** The times on wasm of an encoder run, for each second of sound, and of one decoder step. */
const VARIANTS = { tiny: { encoderMs: 12, stepMs: 2 }, base: { encoderMs: 30, stepMs: 5 } };
const RUNS = 60;

/** Makes a cell of a transcriber whose recordings last 1 to 28 s; its decoder takes three steps for each second. */
function cell(random: Random, variant: keyof typeof VARIANTS, backend: Backend, batch: number): MeasuredCell {
  const { encoderMs, stepMs } = VARIANTS[variant];
  const share = backend === 'webgpu' ? 0.4 : 1;
  const noise = () => share * Math.exp(0.05 * normal(random));
  const lengths = Array.from({ length: RUNS }, () =>
    Array.from({ length: batch }, () => 1 + 27 * random() ** 3),
  );
  const sizes = lengths.map((of) => of.reduce((sum, s) => sum + s, 0));
  const steps = lengths.map((of) => Math.ceil(3 * Math.max(...of)));
  const runsMs = {
    encoder: sizes.map((s) => s * encoderMs * noise()),
    'decoder-first': sizes.map(() => 2 * stepMs * noise()),
    decoder: steps.map((n) => (n - 1) * stepMs * noise()),
  };
  const inferenceMs = sizes.map(
    (_, i) => runsMs.encoder[i]! + runsMs['decoder-first'][i]! + runsMs.decoder[i]!,
  );
  return {
    stage: 'transcribe',
    variant,
    backend,
    threads: 1,
    batch,
    state: 'measured',
    cold: { loadMs: 40, createMs: 300, firstRunMs: 900 },
    warmupRuns: 8,
    inferenceMs,
    handlingMs: inferenceMs.map(() => 1),
    sizes,
    steps,
    runsMs,
    latencyMs: summaryOf(inferenceMs.map((ms) => ms + 1)),
    outputs: { maxAbsError: 0, agree: true },
    flags: backend === 'webgpu' ? ['software-adapter'] : [],
  };
}

/** Makes the report of a profile whose items differ in size and whose models answer in several session runs. */
export function speechReport(seed = 1): ProfileReport {
  const random = seededRandom(seed);
  const variants = Object.keys(VARIANTS) as (keyof typeof VARIANTS)[];
  const createdAt = '2026-11-20T09:30:00Z';
  const profile = {
    schema: 'ipa-edge/profile@1',
    createdAt,
    pipeline: 'calls',
    device,
    pack: { source: 'made up', mix: 'Calls of 1 to 28 s, most of them short.' },
    settings: { seed, budgetS: 120, batches: [1, 2, 4], slaMs: null },
    stages: [
      {
        name: 'transcribe',
        task: 'automatic-speech-recognition',
        metric: 'word accuracy',
        sizeUnit: 'seconds',
        variants: variants.map((name) => ({
          name,
          sha256: hash(name),
          sizeBytes: 40_000_000,
          accuracy: { published: 0.9, measured: null },
        })),
      },
    ],
    cells: variants.flatMap((variant) =>
      (['webgpu', 'wasm'] as const).flatMap((backend) =>
        [1, 2, 4].map((batch) => cell(random, variant, backend, batch)),
      ),
    ),
    fanOut: [],
    endToEnd: [],
    coRun: [],
  };
  const report = {
    schema: 'ipa-edge/report@1',
    kind: 'profile',
    createdAt,
    profile,
    plan: null,
    frontier: [],
  };
  return parseReport(report, 'fixture') as ProfileReport;
}
