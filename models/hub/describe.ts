import type { z } from 'zod';
import { jsonValue } from '../../solver/documents/document.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { FILE_BYTES_MAX, sha256Hex } from '../manifests/load.ts';
import { scoresOf } from '../onnx/classifier.ts';
import { readGraph } from '../onnx/graph.ts';
import { parseAsset } from '../tasks/asset.ts';
import { generationConfig, modelConfig, preprocessorConfig, tokenizerConfig } from './config.ts';
import { type DtypeChoice, dtypeChoice, dtypeOf } from './dtypes.ts';
import { MissingWeightsError, noConfig } from './errors.ts';
import { type HubVariant, hubVariants } from './model-files.ts';
import type { Pin } from './pin.ts';
import {
  apiAddress,
  fileAddress,
  type HubReference,
  parseRepository,
  type RepositoryFile,
} from './repository.ts';
import { type HubStage, hubStage } from './stage.ts';

/** Reads small files of a model hub. */
export interface HubReader {
  /** The hub's origin, e.g. `https://huggingface.co`. */
  readonly endpoint: string;
  bytes(url: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Limit on a repository's description and each configuration file; a config.json with ImageNet-21k's classes has 1 MB. */
const JSON_BYTES_MAX = 16 * 2 ** 20;

/** The user's options for a hub model. */
export interface PinOptions {
  /** Data types of the weights; absent: all that the repository has. */
  readonly dtypes?: readonly DtypeChoice[] | undefined;
  /** The model's task; absent: the one that its configuration states. */
  readonly task?: string | undefined;
  /** Prefix before each text; absent: that of the model's configuration. */
  readonly prefix?: string | undefined;
}

export interface Description extends Pin {
  /** The contents of those files of the variants that were read, by the SHA-256 of each file. */
  readonly read: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** A model's files in the layout of the hub: in a repository of a hub, or given by the user. */
export interface ModelFolder extends Pick<Pin, 'repository' | 'source' | 'addressOf'> {
  /** The variants that the files provide for a stage. */
  variantsOf(stage: ManifestStage): HubVariant[];
  /** Reads a whole file. Fails if it has more than `mostBytes`. */
  bytes(path: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Describes a hub model for a manifest. Does not download large files, because the hub states their SHA-256.
 * @throws errors of {@link describeFiles}, NoModelFileError
 */
export async function describe(
  hub: HubReader,
  reference: HubReference,
  options: PinOptions,
): Promise<Description> {
  const { endpoint } = hub;
  const api = apiAddress(endpoint, reference);
  const answer = new TextDecoder().decode(await hub.bytes(api, JSON_BYTES_MAX));
  const repository = parseRepository(jsonValue(answer, api), api);
  const { id, revision, licence } = repository;
  const addressOf = (path: string) => fileAddress(endpoint, repository, path);
  const files: ModelFolder = {
    repository,
    source: { hub: id, revision, licence },
    addressOf,
    variantsOf: (stage) => hubVariants(repository, stage, options.dtypes),
    bytes: (path, mostBytes) => hub.bytes(addressOf(path), mostBytes),
  };
  return describeFiles(files, options);
}

/**
 * Describes a model for a manifest, from the model's files.
 * @throws InvalidDocumentError, UnsupportedArchitectureError, AmbiguousTaskError, UnusableConfigError, and errors of reading a
 * file
 */
export async function describeFiles(
  files: ModelFolder,
  { task, prefix }: Omit<PinOptions, 'dtypes'> = {},
): Promise<Description> {
  const { repository, addressOf } = files;
  const has = (path: string) => repository.files.some((file) => file.path === path);
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  const readFile = async <T extends z.ZodType>(path: string, schema: T) => {
    const bytes = await files.bytes(path, JSON_BYTES_MAX);
    contents.set(path, bytes);
    return parseAsset(schema, bytes, addressOf(path));
  };
  const readIfThere = async <T extends z.ZodType>(path: string, schema: T) =>
    has(path) ? readFile(path, schema) : null;

  if (!has('config.json')) throw noConfig(repository.id);
  const found = hubStage(
    {
      ...repository,
      config: await readFile('config.json', modelConfig),
      generation: await readIfThere('generation_config.json', generationConfig),
      preprocessor: await readIfThere('preprocessor_config.json', preprocessorConfig),
      tokenizer: has('tokenizer.json') ? await readIfThere('tokenizer_config.json', tokenizerConfig) : null,
    },
    task,
    prefix,
  );
  const stage = await withScores(files, found.stage, contents);
  return withSums(files, { ...found, stage }, contents);
}

/**
 * States whether a classifier that the user gives ends in probabilities. Models of a hub are taken to give logits, as their
 * library's do, because their files are not downloaded here.
 * @param contents gets the contents of the model's file
 */
async function withScores(
  files: ModelFolder,
  stage: ManifestStage,
  contents: Map<string, Uint8Array<ArrayBuffer>>,
): Promise<ManifestStage> {
  if (files.source !== null || !('scores' in stage)) return stage;
  const { path } = files.variantsOf(stage)[0]!.sessions.model!.file;
  const bytes = await files.bytes(path, FILE_BYTES_MAX);
  contents.set(path, bytes);
  const scores = scoresOf(readGraph(bytes, path));
  return { ...stage, scores } as ManifestStage;
}

/** Adds the variants of a model, and the SHA-256 of their files, to its stage. @param contents the files read so far, by path */
export async function withSums(
  files: ModelFolder,
  { kind, stage }: HubStage,
  contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<Description> {
  const { repository, source, addressOf } = files;
  const variants = files.variantsOf(stage);
  const sums = new Map<string, string>();
  const read = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, sha256, sizeBytes } of variants.flatMap(filesOfVariant)) {
    if (sums.has(path)) continue;
    // A hub states the SHA-256 of large files only; that of other files, and of files that the user gives, is computed here.
    const bytes = contents.get(path) ?? (sha256 === null ? await files.bytes(path, sizeBytes) : undefined);
    const sum = sha256 ?? (await sha256Hex(bytes!));
    if (bytes) read.set(sum, bytes);
    sums.set(path, sum);
  }
  // A hub's names of data types are what users ask for, so they stay.
  const contentOf = ({ path }: RepositoryFile) => read.get(sums.get(path)!)!;
  const described = source ? variants : variants.map((variant) => withDtypes(variant, contentOf));
  return { repository, source, addressOf, kind, stage, variants: described, sums, read };
}

/**
 * Gives a variant's sessions the data types that the contents of their files tell.
 * @throws MissingWeightsError
 */
function withDtypes(variant: HubVariant, contentOf: (file: RepositoryFile) => Uint8Array): HubVariant {
  const sessions = Object.entries(variant.sessions).map(([role, session]) => {
    const { path } = session.file;
    const graph = readGraph(contentOf(session.file), path);
    const missing = [...graph.weightFiles].find((name) => !session.data.some((file) => file.path === name));
    if (missing !== undefined) throw new MissingWeightsError(path, missing);
    return [role, { ...session, dtype: dtypeOf(graph, path) }] as const;
  });
  const dtypes = dtypeChoice(sessions.map(([, { dtype }]) => dtype));
  return { ...variant, dtypes, sessions: Object.fromEntries(sessions) };
}

const filesOfVariant = ({ sessions, assets }: HubVariant): RepositoryFile[] => [
  ...Object.values(sessions).flatMap(({ file, data }) => [file, ...data]),
  ...Object.values(assets),
];
