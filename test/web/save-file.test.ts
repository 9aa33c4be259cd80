import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { saveFiles } from '../../web/components/save-file.ts';

let saved: string[];

beforeEach(() => {
  saved = [];
  vi.useFakeTimers();
  vi.stubGlobal('document', {
    createElement: () => ({
      download: '',
      click() {
        saved.push(this.download);
      },
    }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('several files are saved with a second between two of them, because browsers may drop downloads at once', async () => {
  const done = saveFiles(['1.json', '2.json', '3.json'].map((name) => ({ name, text: '{}' })));
  expect(saved).toEqual(['1.json']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(saved).toEqual(['1.json', '2.json']);
  await vi.advanceTimersByTimeAsync(1000);
  await done;
  expect(saved).toEqual(['1.json', '2.json', '3.json']);
});
