import { parseConfig, parsePreprocessor } from '../../models/hub/config.ts';
import { modelFilesOf } from '../../models/hub/model-files.ts';
import type { Pin } from '../../models/hub/pin.ts';
import { apiAddress, fileAddress, type HubReference, parseRepository } from '../../models/hub/repository.ts';
import { hubStage } from '../../models/hub/stage.ts';
import { sha256Hex } from '../../models/manifests/load.ts';
import type { Dtype } from '../../solver/documents/manifest.ts';
import type { HubClient } from './client.ts';

/** A repository's description and configuration are at most so large; the classes of ImageNet-21k take 1 MB. */
const MOST_JSON_BYTES = 16 * 2 ** 20;

/**
 * Reads what a manifest says of a hub model. Large files are not downloaded, because the hub states their sums.
 * @param dtypes absent: all that the repository has
 * @throws NotOnHubError, AccessDeniedError, UnreachableError, InvalidDocumentError, UnsupportedArchitectureError, UnusableConfigError,
 * NoModelFileError, ExternalDataError
 */
export async function describe(
  client: HubClient,
  reference: HubReference,
  dtypes?: readonly Dtype[],
): Promise<Pin> {
  const { endpoint } = client;
  const api = apiAddress(endpoint, reference);
  const repository = parseRepository(await client.json(api, MOST_JSON_BYTES), api);
  const addressOf = (path: string) => fileAddress(endpoint, repository, path);
  const has = (path: string) => repository.files.some((file) => file.path === path);
  const read = async <T>(path: string, parse: (value: unknown, source: string) => T): Promise<T> => {
    const address = addressOf(path);
    return parse(await client.json(address, MOST_JSON_BYTES), address);
  };
  const config = await read('config.json', parseConfig);
  const preprocessor = has('preprocessor_config.json')
    ? await read('preprocessor_config.json', parsePreprocessor)
    : null;
  const stage = hubStage(repository, config, preprocessor);
  const models: Pin['models'][number][] = [];
  for (const { dtype, file } of modelFilesOf(repository, dtypes)) {
    const sha256 = file.sha256 ?? (await sha256Hex(await client.bytes(addressOf(file.path), file.sizeBytes)));
    models.push({ dtype, file, sha256 });
  }
  return { endpoint, repository, stage, models };
}
