import { open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** Makes `truncate` of file handles fail until the test ends, as Windows does if a file is open for appending. */
export async function refuseTruncate(): Promise<void> {
  const handle = await open(import.meta.filename);
  const spy = vi
    .spyOn(Object.getPrototypeOf(handle), 'truncate')
    .mockRejectedValue(Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' }));
  onTestFinished(() => spy.mockRestore());
  await handle.close();
}
