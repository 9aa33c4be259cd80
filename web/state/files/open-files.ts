/** Opens files with `intake.ts`, whose code is loaded when files are first opened. */
export const openFiles = async (files: readonly File[]): Promise<void> =>
  (await import('./intake.ts')).openFiles(files);
