import { loaded } from '../part.ts';

/** Opens files with `intake.ts`, whose code is loaded when files are first opened. */
export const openFiles = async (files: readonly File[]): Promise<void> =>
  (await loaded(import('./intake.ts'))).openFiles(files);
