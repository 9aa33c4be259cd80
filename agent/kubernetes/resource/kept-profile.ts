import { gunzipSync } from 'node:zlib';
import { jsonValue } from '../../../solver/documents/document.ts';
import { type Manifest, modelsOf } from '../../../solver/documents/manifest.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { profileMismatches } from '../../../solver/plan/mismatches.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { parseIdentified } from '../../../workers/store/exchange.ts';
import type { KubernetesApi } from '../api.ts';
import { objectNames } from '../objects/labels.ts';
import { PROFILE_KEY, profileObject } from '../objects/watch.ts';
import type { ResourceSpec } from './schema.ts';

/** A profile may have at most this many bytes after decompression. */
const PROFILE_BYTES_MAX = 2 ** 28;

/** Annotation with the text of {@link measuredFor} for which a profile was measured. */
const MEASURED_FOR = 'ipa-edge.dev/measured-for';

/**
 * Describes, as text, what a spec wants a profile to measure, and on which nodes. If this text changes, the models are measured
 * again.
 */
export const measuredFor = ({ profile, nodeSelector = {} }: ResourceSpec): string =>
  JSON.stringify({
    profile,
    nodeSelector: Object.fromEntries(Object.entries(nodeSelector).sort(([a], [b]) => (a < b ? -1 : 1))),
  });

/**
 * Reads the profile that a cluster keeps for a pipeline; undefined if there is none, if it is of other models or for another spec,
 * or if it cannot be read.
 * @param wanted the text of {@link measuredFor} that the profile must have
 * @param onUnreadable gets why the profile cannot be read, e.g. because another version of the agent wrote it
 * @throws ApiError and its subclasses, ClusterUnreachableError
 */
export async function keptProfile(
  api: KubernetesApi,
  manifest: Manifest,
  namespace: string,
  wanted: string,
  onUnreadable: (why: string) => void,
): Promise<IdentifiedProfile | undefined> {
  const { profile: name } = objectNames(manifest.name);
  const object = await api.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
  const text = (object?.binaryData as Record<string, string> | undefined)?.[PROFILE_KEY];
  if (text === undefined || object?.metadata.annotations?.[MEASURED_FOR] !== wanted) return undefined;
  let kept: IdentifiedProfile;
  try {
    const json = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: PROFILE_BYTES_MAX }).toString();
    kept = await parseIdentified(jsonValue(json, PROFILE_KEY), PROFILE_KEY);
  } catch (error) {
    onUnreadable(
      `ConfigMap ${name} has no profile that can be read, so the models are measured: ${message(error)}`,
    );
    return undefined;
  }
  // Only the models are compared, because the devices of the cluster are not known here; each pod compares its own device with
  // the plan's.
  const target = { pipeline: manifest.name, stages: modelsOf(manifest), device: kept.profile.device };
  return profileMismatches(kept.profile, target).length === 0 ? kept : undefined;
}

/**
 * Stores a profile in the cluster.
 * @param keptFor the text of {@link measuredFor} for which the profile was measured
 * @throws ProfileTooLargeError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function keepProfile(
  api: KubernetesApi,
  { profile }: IdentifiedProfile,
  namespace: string,
  keptFor: string,
): Promise<void> {
  const object = profileObject(profile, objectNames(profile.pipeline).profile, namespace);
  const metadata = { ...object.metadata, annotations: { [MEASURED_FOR]: keptFor } };
  await api.apply({ ...object, metadata }, { force: true });
}
