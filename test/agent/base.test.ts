import { expect, test } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { InferenceFailedError, UnavailableError } from '../../agent/service/errors.ts';

test('an error that nobody foresaw is answered with 500 and told to the log; what has a status of its own is not', async () => {
  const told: string[] = [];
  const app = baseApp({ log: (what) => told.push(what) });
  const errors: Record<string, Error> = {
    '/broken': new TypeError('no such thing'),
    '/failed': new InferenceFailedError('classify', 0),
    '/busy': new UnavailableError('Too many', 3),
  };
  for (const [path, error] of Object.entries(errors))
    app.get(path, async () => {
      throw error;
    });
  const statuses = await Promise.all(
    [...Object.keys(errors), '/nothing'].map(async (path) => (await app.inject(path)).statusCode),
  );
  expect(statuses).toEqual([500, 500, 503, 404]);
  expect(told).toEqual(['GET /broken failed: no such thing (TypeError)']);
});
