import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { fileFetcher } from '../../workers/environment/fetch-file.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import { measureProfile, type ProfileOptions } from '../../workers/profiler/profile.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';

/** Loads pipelines and measures in this page. Tests of the page replace this file, so that they need no models. */

export const loadPipeline = (name: string): Promise<LoadedManifest> =>
  loadManifest(`models/${name}/manifest.json`, fileFetcher());

export const measure = (options: Omit<ProfileOptions, 'environment'>): Promise<IdentifiedProfile> =>
  measureProfile({ ...options, environment: browserEnvironment() });

/** Times the operators of a variant. @throws the errors of `measureOperators` */
export const timeOperators = (
  models: LoadedManifest,
  key: CellKey,
  signal: AbortSignal,
): Promise<OperatorTimes> => measureOperators(models, browserEnvironment(), key, signal);
