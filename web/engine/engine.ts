import { type LoadedManifest, loadManifest, type ReadFile } from '../../models/manifests/load.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import { InputError } from '../../solver/documents/coded-error.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { fileFetcher, RefusedFileError } from '../../workers/environment/fetch-file.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import { measureProfile, type ProfileOptions } from '../../workers/profiler/profile.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';

/** Loads pipelines and measures in this page. Tests of the page replace this file, so that they need no models. */

/** The page's host cannot be reached for a file that this browser has not kept yet. */
class HostOutOfReachError extends InputError {
  override name = 'HostOutOfReachError';
  constructor(file: string, options: ErrorOptions) {
    super(`${file} could not be loaded. Connect to the network, and try again.`, options);
  }
}

/** The page's host, or a proxy before it, refuses a file of the page, as while a newer build replaces the files. */
class RefusedByHostError extends InputError {
  override name = 'RefusedByHostError';
  constructor(file: string, cause: RefusedFileError) {
    super(`${file} could not be loaded: ${cause.message}. Reload this page now or later, and try again.`, {
      cause,
    });
  }
}

const fetchFile = fileFetcher();
const fetchOfHost: ReadFile = (file, mostBytes) =>
  fetchFile(file, mostBytes).catch((cause) => {
    if (cause instanceof RefusedFileError) throw new RefusedByHostError(file, cause);
    throw cause instanceof TypeError ? new HostOutOfReachError(file, { cause }) : cause;
  });

/** @throws HostOutOfReachError, RefusedByHostError, and the errors of `loadManifest` */
export const loadPipeline = (name: string): Promise<LoadedManifest> =>
  loadManifest(`models/${name}/manifest.json`, fetchOfHost);

export const measure = (options: Omit<ProfileOptions, 'environment'>): Promise<IdentifiedProfile> =>
  measureProfile({ ...options, environment: browserEnvironment() });

/** Times the operators of a variant. @throws the errors of `measureOperators` */
export const timeOperators = (
  models: LoadedManifest,
  key: CellKey,
  signal: AbortSignal,
): Promise<OperatorTimes> => measureOperators(models, browserEnvironment(), key, signal);
