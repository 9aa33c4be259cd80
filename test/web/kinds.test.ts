import { describe, expect, it } from 'vitest';
import { asideOf } from '../../web/state/files/kinds.ts';
import { fileAt } from '../file-at.ts';

describe('of the files that a model of the hub has beside it', () => {
  const config = fileAt('mood/config.json');

  it('a profile is no part of the model, wherever it lies', async () => {
    const isAside = asideOf([config]);
    expect(await isAside(fileAt('mood/notes.txt', 'A note'))).toBe(true);
    expect(await isAside(fileAt('mood/openvino/openvino_model.xml', '<net>'))).toBe(true);
    expect(await isAside(fileAt('mood/mine.json', '{"schema": "ipa-edge/profile@1"}'))).toBe(false);
    expect(await isAside(fileAt('other/notes.txt', 'A note'))).toBe(false);
  });

  it('labels in the COCO format are no part of the model, wherever they lie', async () => {
    const isAside = asideOf([config]);
    expect(await isAside(fileAt('mood/labels/val.json', '{"images": [], "annotations": []}'))).toBe(false);
    expect(await isAside(fileAt('mood/labels/notes.json', '{"images": []}'))).toBe(true);
    expect(await isAside(fileAt('mood/labels/notes.md', 'Its "annotations" are rough'))).toBe(true);
  });

  it("those of Whisper's repositories are known by their names, also without a folder", async () => {
    const isAside = asideOf([fileAt('config.json')]);
    const names = ['added_tokens', 'normalizer', 'processor_config', 'special_tokens_map', 'vocab'];
    for (const name of names) expect(await isAside(fileAt(`${name}.json`, '{}'))).toBe(true);
  });

  it('one that is too large for a document is not read', async () => {
    const weights = fileAt('mood/model.safetensors');
    Object.defineProperty(weights, 'size', { value: 2e9 });
    weights.text = () => Promise.reject(new Error('read'));
    expect(await asideOf([config])(weights)).toBe(true);
  });
});
