import { open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** Until the end of the test no file handle can truncate its file, as on Windows those that are open for appending. */
export async function refuseTruncate(): Promise<void> {
  const handle = await open(import.meta.filename);
  const spy = vi
    .spyOn(Object.getPrototypeOf(handle), 'truncate')
    .mockRejectedValue(Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' }));
  onTestFinished(() => spy.mockRestore());
  await handle.close();
}
