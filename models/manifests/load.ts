import { CodedError, InputError } from '../../solver/documents/coded-error.ts';
import { jsonValue, UnsupportedDocumentError } from '../../solver/documents/document.ts';
import {
  type Manifest,
  type ManifestVariant,
  variantFiles,
  weightsRole,
} from '../../solver/documents/manifest.ts';
import { PUBLISHED } from '../../solver/documents/published.ts';
import { type Pack, packOf, unlabelledPack } from '../packs/pack.ts';
import { filesOf } from './edit.ts';
import { unreadableText } from './file-problem.ts';
import { parseManifest } from './manifest.ts';
import { Pipeline } from './pipeline.ts';

/**
 * Reads a whole file by its path or URL; rejects when the file cannot be read, or has more than `mostBytes`.
 * @param sha256 of the file's content; absent if nobody knows it before the file is read, as for a manifest
 */
export type ReadFile = (path: string, mostBytes: number, sha256?: string) => Promise<Uint8Array>;

const MANIFEST_BYTES_MAX = 16 * 2 ** 20;
/** The limit for a file whose size the manifest does not state. */
export const FILE_BYTES_MAX = 2 ** 30;

/** A manifest, or a file that a manifest names, cannot be read. */
export class MissingFileError extends InputError {
  override name = 'MissingFileError';
  constructor(
    readonly path: string,
    /** Path of the manifest that names the file; null when the file is the manifest itself. */
    readonly namedBy: string | null,
    options: ErrorOptions,
  ) {
    const remedy =
      namedBy === null ? 'or give the path of another one' : `or correct the path that ${namedBy} gives`;
    super(`${unreadableText(path, options.cause)}. Put the file there, ${remedy}.`, options);
  }
}

export class ChecksumError extends InputError {
  override name = 'ChecksumError';
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(
      `${path} should have SHA-256 ${expected}, but has ${found}. ` +
        'Get the file again or, if it was changed on purpose, a manifest that has its new SHA-256.',
    );
  }
}

/** A document holds published figures of a pipeline and no models, so nothing can run. */
export class NoModelsError extends InputError {
  override name = 'NoModelsError';
  constructor(readonly path: string) {
    super(
      `${path} has published figures and no models: the pipeline can be planned and simulated (ipa-edge simulate), ` +
        'not profiled or run. Give a manifest with models.',
    );
  }
}

/** Finds the path or URL of a file that a manifest names: a relative path starts at the manifest's folder. */
export function resolveFile(manifestPath: string, file: string): string {
  if (/^([a-z][a-z0-9+.-]*:|[\\/])/i.test(file)) return file;
  // In a path on disk, "#" and "?" are ordinary characters.
  const path = /^https?:/i.test(manifestPath) ? manifestPath.replace(/[?#].*$/, '') : manifestPath;
  return path.replace(/[^\\/]*$/, '') + file;
}

async function readOrMiss(
  read: ReadFile,
  path: string,
  namedBy: string | null,
  mostBytes: number,
  sha256?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // This copy can be transferred to a worker; Node's buffers may be slices of a shared pool, which cannot.
    return new Uint8Array(await read(path, mostBytes, sha256));
  } catch (cause) {
    // The reader's own errors already name a remedy.
    if (cause instanceof CodedError) throw cause;
    throw new MissingFileError(path, namedBy, { cause });
  }
}

/** SHA-256 in lower-case hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Reads a file and checks its SHA-256.
 * @param namedBy the document that names the file
 * @throws MissingFileError, ChecksumError
 */
export async function readChecked(
  read: ReadFile,
  path: string,
  sha256: string,
  namedBy: string,
  mostBytes = FILE_BYTES_MAX,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readOrMiss(read, path, namedBy, mostBytes, sha256);
  const found = await sha256Hex(bytes);
  if (found !== sha256) throw new ChecksumError(path, sha256, found);
  return bytes;
}

/** Files of a variant, by role: the model and the weight files of each session, and the assets. */
export type ModelBytes = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** The roles of a variant's models and assets, without those of weight files. */
export const ownRoles = (files: ModelBytes): string[] =>
  Object.keys(files).filter((role) => !role.includes('/'));

/** The external weights of a session, by the name with which the session's model refers to their file. */
export const weightsOf = (files: ModelBytes, session: string): ModelBytes => {
  const before = weightsRole(session, '');
  return Object.fromEntries(
    Object.entries(files).flatMap(([role, bytes]) =>
      role.startsWith(before) ? [[role.slice(before.length), bytes]] : [],
    ),
  );
};

export interface LoadedManifest {
  readonly manifest: Manifest;
  readonly pipeline: Pipeline;
  /** Reads a file that the manifest names. @throws MissingFileError, ChecksumError */
  readVerified(file: string, sha256: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads all files of a variant: models, weight files and assets. @throws MissingFileError, ChecksumError */
  readModels(variant: ManifestVariant): Promise<ModelBytes>;
  /**
   * Reads the labelled pack once; later calls return the same pack. A manifest without a labelled pack gets a pack of made-up
   * items.
   * @throws MissingFileError, ChecksumError, InvalidPackError
   */
  readPack(): Promise<Pack>;
}

/**
 * Reads and checks a manifest. The files that it names are read later, by the methods of the returned object.
 * @throws MissingFileError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError
 */
export async function loadManifest(path: string, read: ReadFile): Promise<LoadedManifest> {
  const text = new TextDecoder().decode(await readOrMiss(read, path, null, MANIFEST_BYTES_MAX));
  const manifest = parseRunnable(text, path);
  const sizes = new Map(filesOf(manifest).map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  return withFiles(manifest, (file, sha256) =>
    readChecked(read, resolveFile(path, file), sha256, path, sizes.get(sha256)),
  );
}

/** Joins a manifest with the function that reads the manifest's files. */
export function withFiles(manifest: Manifest, readVerified: LoadedManifest['readVerified']): LoadedManifest {
  const pipeline = new Pipeline(manifest);
  let pack: Promise<Pack> | undefined;
  const readPack = async () => {
    if (!manifest.pack) return unlabelledPack(pipeline);
    const { file, sha256 } = manifest.pack;
    return packOf(await readVerified(file, sha256), file, pipeline);
  };
  return {
    manifest,
    pipeline,
    readVerified,
    async readModels(variant) {
      const read = Object.entries(variantFiles(variant)).map(
        async ([role, { file, sha256 }]) => [role, await readVerified(file, sha256)] as const,
      );
      return Object.fromEntries(await Promise.all(read));
    },
    readPack() {
      pack ??= readPack().catch((error) => {
        // Forget a failure, because the next call may find the file repaired.
        pack = undefined;
        throw error;
      });
      return pack;
    },
  };
}

function parseRunnable(text: string, path: string): Manifest {
  try {
    return parseManifest(jsonValue(text, path), path);
  } catch (error) {
    if (error instanceof UnsupportedDocumentError && error.found === PUBLISHED) throw new NoModelsError(path);
    throw error;
  }
}
