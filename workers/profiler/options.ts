import { z } from 'zod';
import { backend, milliseconds, positiveCount } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { profileSchema } from '../../solver/documents/profile.ts';
import { callback, callerOptions, withMethod } from '../environment/caller.ts';

const { seed, budgetS } = profileSchema.shape.settings.shape;

const optionsSchema = z.object({
  ...callerOptions,
  store: withMethod('readJournal', 'the store that openStore has opened'),
  settings: z.object({
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
  }),
  unpaused: callback.optional(),
  onJournal: callback.optional(),
  onDraft: callback.optional(),
});

/** Checks the options of a profile before anything is measured. @throws InvalidDocumentError */
export const checkOptions = (options: unknown): void =>
  void parseDocument(optionsSchema, options, 'The argument of profile');
