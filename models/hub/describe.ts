import { jsonValue } from '../../solver/documents/document.ts';
import { sha256Hex } from '../manifests/load.ts';
import { parseConfig, parseGeneration, parsePreprocessor, parseTokenizer } from './config.ts';
import type { DtypeChoice } from './dtypes.ts';
import { type HubVariant, hubVariants } from './model-files.ts';
import type { Pin } from './pin.ts';
import {
  apiAddress,
  fileAddress,
  type HubReference,
  parseRepository,
  type RepositoryFile,
} from './repository.ts';
import { hubStage } from './stage.ts';

/** Reads small files of a model hub. */
export interface HubReader {
  /** The hub's origin, e.g. `https://huggingface.co`. */
  readonly endpoint: string;
  bytes(url: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A repository's description and configuration are at most so large; the classes of ImageNet-21k take 1 MB. */
const MOST_JSON_BYTES = 16 * 2 ** 20;

/** What the user says of a hub model. */
export interface PinOptions {
  /** Data types of the weights; absent: all that the repository has. */
  readonly dtypes?: readonly DtypeChoice[] | undefined;
  /** The model's task; absent: as its configuration tells. */
  readonly task?: string | undefined;
  /** What stands before each text for the model; absent: as its configuration tells. */
  readonly prefix?: string | undefined;
}

export interface Description extends Pin {
  /** The files that were read whole, by their SHA-256. */
  readonly read: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Reads what a manifest says of a hub model. Large files are not downloaded, because the hub states their sums.
 * @throws InvalidDocumentError, UnsupportedArchitectureError, AmbiguousTaskError, UnusableConfigError, NoModelFileError, and what
 * the reader throws
 */
export async function describe(
  hub: HubReader,
  reference: HubReference,
  { dtypes, task, prefix }: PinOptions = {},
): Promise<Description> {
  const { endpoint } = hub;
  const api = apiAddress(endpoint, reference);
  const parseBytes = <T>(
    bytes: Uint8Array,
    source: string,
    parse: (value: unknown, source: string) => T,
  ): T => parse(jsonValue(new TextDecoder().decode(bytes), source), source);
  const repository = parseBytes(await hub.bytes(api, MOST_JSON_BYTES), api, parseRepository);
  const fileAt = (path: string) => repository.files.find((file) => file.path === path);

  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  const contentOf = async (path: string, mostBytes: number) => {
    const known = contents.get(path);
    if (known) return known;
    const bytes = await hub.bytes(fileAddress(endpoint, repository, path), mostBytes);
    contents.set(path, bytes);
    return bytes;
  };
  const readFile = async <T>(path: string, parse: (value: unknown, source: string) => T): Promise<T> =>
    parseBytes(await contentOf(path, MOST_JSON_BYTES), fileAddress(endpoint, repository, path), parse);
  const readIfThere = async <T>(path: string, parse: (value: unknown, source: string) => T) =>
    fileAt(path) ? readFile(path, parse) : null;

  const { kind, stage } = hubStage(
    {
      ...repository,
      config: await readFile('config.json', parseConfig),
      generation: await readIfThere('generation_config.json', parseGeneration),
      preprocessor: await readIfThere('preprocessor_config.json', parsePreprocessor),
      tokenizer: fileAt('tokenizer.json') ? await readIfThere('tokenizer_config.json', parseTokenizer) : null,
    },
    task,
    prefix === undefined ? {} : { input: { prefix } },
  );
  const variants = hubVariants(repository, stage, dtypes);
  const sums = new Map<string, string>();
  const read = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, sha256, sizeBytes } of variants.flatMap(filesOfVariant)) {
    if (sums.has(path)) continue;
    // The hub states the sums of large files alone.
    const bytes = sha256 === null ? await contentOf(path, sizeBytes) : contents.get(path);
    const sum = sha256 ?? (await sha256Hex(bytes!));
    if (bytes) read.set(sum, bytes);
    sums.set(path, sum);
  }
  return { endpoint, repository, kind, stage, variants, sums, read };
}

const filesOfVariant = ({ sessions, assets }: HubVariant): RepositoryFile[] => [
  ...Object.values(sessions).flatMap(({ file, data }) => [file, ...data]),
  ...Object.values(assets),
];
