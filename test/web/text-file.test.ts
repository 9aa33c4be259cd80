import { expect, it } from 'vitest';
import { textStart } from '../../web/state/own/text-file.ts';

const fileOf = (...bytes: (string | number[])[]) =>
  new Blob(bytes.map((part) => (typeof part === 'string' ? part : Uint8Array.from(part))));

it('the start of a text ends before a letter that is cut off', async () => {
  expect(await textStart(fileOf('déjà vu'), 100)).toBe('déjà vu');
  expect(await textStart(fileOf('déjà vu'), 2)).toBe('d');
});

it('what is no text in UTF-8 is refused: a picture, a text in another encoding', async () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const latin1 = [0x64, 0xe9, 0x6a, 0xe0];
  const utf16 = [0x64, 0, 0x65, 0];
  for (const bytes of [png, latin1, utf16])
    await expect(textStart(fileOf(bytes), 100)).rejects.toThrow(/it is no text in UTF-8/);
});
