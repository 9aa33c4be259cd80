import { type LoadedManifest, loadManifest as load, type ReadFile } from '../models/manifests/load.ts';
import { fileReader } from './hub/reader.ts';

export { nodeEnvironment as environment } from './environment/node.ts';
export * from './index.common.ts';
export { openPlanner } from './planner/node.ts';
export { frontierOnce as frontier, planOnce as plan } from './planner/planner.ts';
export { learnedPredictor } from './predictor/node.ts';
export { openFileStore as openStore } from './store/node.ts';

/**
 * Reads and checks a manifest. The files that it names are read later, by the methods of the returned object.
 * @param path of the manifest, or its URL
 * @param read reads a file; if absent, paths are read from this machine, and URLs are downloaded: files whose hash the manifest
 * has are downloaded once and cached
 * @throws MissingFileError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError
 */
export const loadManifest = (path: string, read: ReadFile = fileReader()): Promise<LoadedManifest> =>
  load(path, read);
