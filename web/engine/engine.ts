import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { measureProfile, type ProfileOptions } from '../../workers/profiler/profile.ts';
import { fileFetcher } from './fetch-file.ts';

/** Loads and measures shipped pipelines. Tests of the page replace this file, so that they need no models. */

export const loadPipeline = (name: string): Promise<LoadedManifest> =>
  loadManifest(`models/${name}/manifest.json`, fileFetcher());

export const measure = (options: Omit<ProfileOptions, 'environment'>): Promise<IdentifiedProfile> =>
  measureProfile({ ...options, environment: browserEnvironment() });
