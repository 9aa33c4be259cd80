import { signal } from '@preact/signals';
import { z } from 'zod';
import { backend, positiveCount } from '../../solver/documents/common.ts';

/** Most batch sizes and thread counts of one profile; beyond them nothing would be measured well. */
const MOST = 16;
const sizes = z
  .array(positiveCount.max(4096))
  .min(1)
  .max(MOST)
  .refine((all) => all.every((size, i) => i === 0 || size > all[i - 1]!), 'expected sizes that rise');

/** What a profile is measured with, wherever it comes from: the form, a link, what an interrupted profile left. */
export const profileSettingsSchema = z.strictObject({
  backends: z
    .array(backend.extract(['webgpu', 'wasm']))
    .min(1)
    .max(2),
  threads: sizes,
  batches: sizes.refine((all) => all[0] === 1, 'expected batch 1 first'),
  budgetS: z.number().min(1).max(3600),
  seed: z.int(),
});

export type MeasureSettings = z.infer<typeof profileSettingsSchema>;

export const settings = signal<MeasureSettings>({
  backends: ['webgpu', 'wasm'],
  threads: [1],
  batches: [1, 2, 4, 8, 16],
  budgetS: 120,
  seed: 1,
});

export const change = (part: Partial<MeasureSettings>): void => {
  settings.value = { ...settings.value, ...part };
};
