import { computed } from '@preact/signals';
import { z } from 'zod';
import { BATCH_MAX, backend, positiveCount } from '../../../solver/documents/common.ts';
import { checked } from '../app.ts';
import { kept } from '../kept.ts';

/** The backends of ONNX Runtime in a browser. Every browser has `wasm`. */
export const BACKENDS = ['webgpu', 'wasm'] as const;

/**
 * A profile has at most this many batch sizes and at most this many thread counts: more would leave too little time for each
 * cell.
 */
const SIZES_MAX = 16;
const sizes = z
  .array(positiveCount.max(BATCH_MAX))
  .min(1)
  .max(SIZES_MAX)
  .refine((all) => all.every((size, i) => i === 0 || size > all[i - 1]!), 'expected sizes that rise');

/** Settings of a profile, which may come from the form, a link, an archive, or an interrupted profile. */
export const profileSettingsSchema = z.strictObject({
  backends: z
    .array(backend.extract(BACKENDS))
    .min(1)
    .refine((all) => new Set(all).size === all.length, 'expected each backend once'),
  threads: sizes,
  batches: sizes.refine((all) => all[0] === 1, 'expected batch 1 first'),
  budgetS: z.number().min(1).max(3600),
  seed: z.int(),
});

export type MeasureSettings = z.infer<typeof profileSettingsSchema>;

/** Settings as the user chose them, including those that this browser does not support. */
export const askedSettings = kept<MeasureSettings>({
  name: 'measure',
  schema: profileSettingsSchema,
  initial: { backends: [...BACKENDS], threads: [1], batches: [1, 2, 4, 8, 16], budgetS: 120, seed: 1 },
});

export const change = (part: Partial<MeasureSettings>): void => {
  askedSettings.value = { ...askedSettings.value, ...part };
};

/** Settings to measure with: the chosen ones without those that this browser does not support. */
export const settings = computed(() => usableSettings(askedSettings.value));

/** Why this browser cannot measure on a backend; null if it can, or if that is not known yet. */
export const whyNotMeasurable = (backend: (typeof BACKENDS)[number]): string | null =>
  backend === 'webgpu' ? (checked.value?.whyNoWebGpu ?? null) : null;

/** Why wasm has only one thread; null if it can have more. */
export const whyOneThread = !crossOriginIsolated
  ? 'this page is not cross-origin isolated'
  : globalThis.SharedArrayBuffer
    ? null
    : 'this browser has no shared memory';

/**
 * Removes the backends and thread counts that this browser does not support. If none is left, wasm or one thread takes their place.
 * Returns the same object if the browser supports all.
 */
export function usableSettings(asked: MeasureSettings): MeasureSettings {
  const backends = asked.backends.filter((one) => whyNotMeasurable(one) === null);
  const most = whyOneThread === null ? navigator.hardwareConcurrency : 1;
  const threads = asked.threads.filter((count) => count <= most);
  if (backends.length === asked.backends.length && threads.length === asked.threads.length) return asked;
  return {
    ...asked,
    backends: backends.length > 0 ? backends : ['wasm'],
    threads: threads.length > 0 ? threads : [1],
  };
}
