import { type LoadedManifest, loadManifest } from '../models/load.ts';
import type { Profile } from '../solver/documents/profile.ts';
import { browserEnvironment } from '../workers/environment/browser.ts';
import { profile } from '../workers/profiler/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../workers/profiler/types.ts';
import type { Store } from '../workers/store/store.ts';
import { fetchFile } from './fetch-file.ts';

/** What reaches models and stage workers: the one part of the page that needs a pipeline's files. */

export const loadPipeline = (name: string): Promise<LoadedManifest> =>
  loadManifest(`models/${name}/manifest.json`, fetchFile);

export const measure = (
  models: LoadedManifest,
  store: Store,
  settings: ProfileSettings,
  signal: AbortSignal,
  onProgress: (progress: ProfileProgress) => void,
): Promise<Profile> =>
  profile({ models, environment: browserEnvironment(), store, settings, signal, onProgress });
