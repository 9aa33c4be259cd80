import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePack } from '../../models/packs/pack.ts';
import { InvalidPackError } from '../../models/packs/safetensors.ts';
import { gzip, safetensors } from './safetensors.ts';
import { three, twoScenes } from './two-scenes.ts';

/** The bytes with some changed, or cut short. */
const mutate = (bytes: Uint8Array, edits: [number, number][], keep: number) => {
  const changed = bytes.slice(0, Math.ceil(bytes.length * keep));
  for (const [at, value] of edits) if (changed.length) changed[at % changed.length] = value;
  return new Uint8Array(changed);
};
const anyEdits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
const anyKeep = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));

async function parsesOrRefuses(bytes: Uint8Array<ArrayBuffer>) {
  const outcome = await parsePack(bytes, three).catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InvalidPackError);
}

test('bytes changed within the pack are refused or read, and nothing else happens', async () => {
  const bytes = safetensors(twoScenes());
  await fc.assert(
    fc.asyncProperty(anyEdits, anyKeep, (edits, keep) => parsesOrRefuses(gzip(mutate(bytes, edits, keep)))),
    { numRuns: 300 },
  );
});

test('bytes changed in the gzip file are refused or read, and nothing else happens', async () => {
  const bytes = gzip(safetensors(twoScenes()));
  await fc.assert(
    fc.asyncProperty(anyEdits, anyKeep, (edits, keep) => parsesOrRefuses(mutate(bytes, edits, keep))),
    { numRuns: 300 },
  );
});

test('headers of any JSON are refused or read, and nothing else happens', async () => {
  const anyEntry = fc.record({
    dtype: fc.constantFrom('U8', 'I32', 'F32', 'F64'),
    shape: fc.array(fc.oneof(fc.nat(20), fc.maxSafeNat()), { maxLength: 5 }),
    data_offsets: fc.tuple(fc.nat(700), fc.nat(700)),
  });
  const names = fc.constantFrom('images', 'boxes', 'object_image', 'label.classify', '__proto__');
  const anyHeader = fc.oneof(
    fc.json().map((text) => JSON.parse(text)),
    fc.dictionary(names, anyEntry),
  );
  await fc.assert(
    fc.asyncProperty(anyHeader, (header) => parsesOrRefuses(gzip(safetensors(twoScenes(), () => header)))),
    { numRuns: 300 },
  );
});

test('a file cut short is refused', async () => {
  const bytes = gzip(safetensors(twoScenes()));
  await expect(parsePack(bytes.slice(0, -20), three)).rejects.toThrow(InvalidPackError);
  await expect(parsePack(new Uint8Array(0), three)).rejects.toThrow(InvalidPackError);
});

test('a header that claims more than there is is refused', async () => {
  const claim = (entry: object) =>
    parsePack(
      gzip(safetensors(twoScenes(), (honest) => ({ ...honest, images: { ...honest.images, ...entry } }))),
      three,
    );
  await expect(claim({ shape: [2 ** 40, 1, 16, 16] })).rejects.toThrow(/needs 281474976710656 bytes/);
  await expect(claim({ shape: [2 ** 40, 1, 16, 16], data_offsets: [0, 2 ** 48] })).rejects.toThrow(
    InvalidPackError,
  );
  const bytes = safetensors(twoScenes(), ({ 'label.colour': last, ...others }) => {
    const [from] = (last as { data_offsets: [number, number] }).data_offsets;
    return { ...others, 'label.colour': { dtype: 'I32', shape: [2], data_offsets: [from, from + 8] } };
  });
  await expect(parsePack(gzip(bytes), three)).rejects.toThrow(/"label\.colour" needs 8 bytes, but.* of 540/);
});

test('a header longer than the file is refused before it is read', async () => {
  const bytes = safetensors(twoScenes());
  bytes.fill(255, 0, 8);
  await expect(parsePack(gzip(bytes), three)).rejects.toThrow(/header of at most/);
});

test('a file that unpacks to more than is allowed is refused', async () => {
  const bytes = gzip(safetensors(twoScenes()));
  await expect(parsePack(bytes, three, 300)).rejects.toThrow(/more than 300 bytes/);
});
