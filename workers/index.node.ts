import { fileURLToPath } from 'node:url';
import { type LoadedManifest, loadManifest as load, type ReadFile } from '../models/manifests/load.ts';
import { fileReader } from './hub/reader.ts';

export { nodeEnvironment as environment } from './environment/node.ts';
export * from './hub/errors.ts';
export * from './index.common.ts';
export { openPlanner } from './planner/node.ts';
export { frontierOnce as frontier, planOnce as plan } from './planner/once.ts';
export { learnedPredictor } from './predictor/node.ts';
export { openFileStore as openStore } from './store/node.ts';

/**
 * Reads and checks a manifest. The files that it names are read later, by the methods of the returned object.
 * @param path of the manifest, or its URL
 * @param read reads a file; if absent, paths are read from this machine, and URLs are downloaded: files whose hash the manifest
 * has are downloaded once and cached
 * @throws MissingFileError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError; and from another machine
 * AccessDeniedError, InvalidEndpointError, InvalidProxyError, NotOnHubError, RateLimitedError, TooManyBytesError,
 * UnexpectedAnswerError, UnreachableError
 */
export const loadManifest = async (
  path: string | URL,
  read: ReadFile = fileReader(),
): Promise<LoadedManifest> => load(/^file:/i.test(String(path)) ? fileURLToPath(path) : String(path), read);
