import { parseConfig, parsePreprocessor, parseTokenizer } from '../../models/hub/config.ts';
import { modelFilesOf } from '../../models/hub/model-files.ts';
import type { Pin } from '../../models/hub/pin.ts';
import {
  apiAddress,
  fileAddress,
  type HubReference,
  parseRepository,
  type RepositoryFile,
} from '../../models/hub/repository.ts';
import { hubStage } from '../../models/hub/stage.ts';
import { sha256Hex } from '../../models/manifests/load.ts';
import { TOKENIZER_ASSETS } from '../../models/tasks/tokens.ts';
import type { Dtype } from '../../solver/documents/manifest.ts';
import type { HubClient } from './client.ts';

/** The hub's names of the files of a tokenizer, by role. */
const TOKENIZER_FILES = {
  tokenizer: 'tokenizer.json',
  'tokenizer-config': 'tokenizer_config.json',
} as const satisfies Record<(typeof TOKENIZER_ASSETS)[number], string>;

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
  const tokenizer =
    has(TOKENIZER_FILES.tokenizer) && has(TOKENIZER_FILES['tokenizer-config'])
      ? await read(TOKENIZER_FILES['tokenizer-config'], parseTokenizer)
      : null;
  const stage = hubStage(repository, config, preprocessor, tokenizer);
  const sumOf = async ({ path, sha256, sizeBytes }: RepositoryFile) =>
    sha256 ?? (await sha256Hex(await client.bytes(addressOf(path), sizeBytes)));
  const models: Pin['models'][number][] = [];
  for (const { dtype, file } of modelFilesOf(repository, dtypes)) {
    models.push({ dtype, file, sha256: await sumOf(file) });
  }
  const assets: Record<string, Pin['assets'][string]> = {};
  if (stage.task === 'text-classification')
    for (const role of TOKENIZER_ASSETS) {
      const file = repository.files.find(({ path }) => path === TOKENIZER_FILES[role])!;
      assets[role] = { file, sha256: await sumOf(file) };
    }
  return { endpoint, repository, stage, models, assets };
}
