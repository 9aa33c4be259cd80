import { open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** Until the test ends, truncating a file through its handle fails, as on Windows for a file that is open for appending. */
export async function refuseTruncate(): Promise<void> {
  const handle = await open(import.meta.filename);
  const spy = vi
    .spyOn(Object.getPrototypeOf(handle), 'truncate')
    .mockRejectedValue(Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' }));
  onTestFinished(() => spy.mockRestore());
  await handle.close();
}
