import { type LoadedManifest, loadManifest as load, type ReadFile } from '../models/manifests/load.ts';
import { fileFetcher } from './environment/fetch-file.ts';

export { browserEnvironment as environment } from './environment/browser.ts';
export * from './index.common.ts';
export { frontier, openPlanner, plan } from './planner/browser.ts';
export { learnedPredictor } from './predictor/browser.ts';
export { openBrowserStore as openStore } from './store/browser.ts';

/**
 * Reads and checks a manifest. The files that it names are read later, by the methods of the returned object.
 * @param url of the manifest, relative to the page
 * @param read reads a file; if absent, each file is fetched by its URL
 * @throws MissingFileError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError
 */
export const loadManifest = (url: string | URL, read: ReadFile = fileFetcher()): Promise<LoadedManifest> =>
  load(String(url), read);
