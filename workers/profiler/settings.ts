import { z } from 'zod';
import { backend, milliseconds, positiveCount } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { profileSchema } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from './types.ts';

const { seed, budgetS } = profileSchema.shape.settings.shape;

const settingsSchema = z.object({
  backends: z.array(backend).min(1),
  threads: z.array(positiveCount).min(1),
  batches: z
    .array(positiveCount)
    .min(1)
    .refine(
      (all) => all.every((size, i) => (i === 0 ? size === 1 : size > all[i - 1]!)),
      'expected batch sizes that rise from 1',
    ),
  budgetS,
  seed,
  slaMs: milliseconds.optional(),
});

/** Checks the settings of a profile before it is measured. @throws InvalidDocumentError */
export const checkSettings = (settings: ProfileSettings): void =>
  void parseDocument(settingsSchema, settings, 'The settings of the profile');
