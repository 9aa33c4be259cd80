import { sha256Of } from '../../solver/documents/manifest.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { loadFashion } from '../workers/fashion.ts';
import { fashionProfile } from './fixtures.ts';

/** Makes an invented profile that names the shipped models, so that its plans can be run. */
export async function profileOfRealModels(seed = 1): Promise<Profile> {
  const { manifest } = await loadFashion();
  const invented = fashionProfile(seed);
  const sums = new Map(
    manifest.stages.flatMap((stage) => stage.variants.map((v) => [`${stage.name}/${v.name}`, sha256Of(v)])),
  );
  const stages: Profile['stages'] = invented.stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((v) => ({ ...v, sha256: sums.get(`${stage.name}/${v.name}`)! })),
  }));
  return { ...invented, stages, device: { ...invented.device, logicalCores: 2 } };
}
