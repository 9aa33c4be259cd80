import { gunzipSync } from 'node:zlib';
import { jsonValue } from '../../../solver/documents/document.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { modelsOf } from '../../../solver/documents/manifest.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { profileMismatches } from '../../../solver/plan/replan.ts';
import { parseIdentified } from '../../../workers/store/exchange.ts';
import type { KubernetesApi } from '../api.ts';
import { objectNames } from '../objects/labels.ts';
import { PROFILE_KEY, profileObject } from '../objects/watch.ts';

/** A profile may have at most this many bytes after decompression. */
const PROFILE_BYTES_MAX = 2 ** 28;

/**
 * Reads the profile that a cluster keeps for a pipeline; undefined if it keeps none, or one of other models.
 * @throws InvalidDocumentError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function keptProfile(
  api: KubernetesApi,
  manifest: Manifest,
  namespace: string,
): Promise<IdentifiedProfile | undefined> {
  const { profile: name } = objectNames(manifest.name);
  const object = await api.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
  const text = (object?.binaryData as Record<string, string> | undefined)?.[PROFILE_KEY];
  if (text === undefined) return undefined;
  const source = `ConfigMap ${name}, ${PROFILE_KEY}`;
  const json = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: PROFILE_BYTES_MAX }).toString();
  const kept = await parseIdentified(jsonValue(json, source), source);
  // Only the models are compared, because the devices of the cluster are not known here; each pod compares its own device with
  // the plan's.
  const target = { pipeline: manifest.name, stages: modelsOf(manifest), device: kept.profile.device };
  return profileMismatches(kept.profile, target).length === 0 ? kept : undefined;
}

/** @throws ProfileTooLargeError, ApiError and its subclasses, ClusterUnreachableError */
export async function keepProfile(
  api: KubernetesApi,
  { profile }: IdentifiedProfile,
  namespace: string,
): Promise<void> {
  await api.apply(profileObject(profile, objectNames(profile.pipeline).profile, namespace), { force: true });
}
