import { z } from 'zod';
import { commit, count, listOf, sha256 } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { InvalidHubIdError } from './errors.ts';

/** Reads the description of a repository by a model hub's API, and makes the addresses of the repository's files. */

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$/;
const LATEST = 'main';

/** A repository at a branch, tag or commit. */
export interface HubReference {
  readonly id: string;
  readonly revision: string;
}

/** Reads `owner/name` or `owner/name@revision`. @throws InvalidHubIdError */
export function hubReference(text: string): HubReference {
  const at = text.indexOf('@');
  const [id, revision] = at < 0 ? [text, LATEST] : [text.slice(0, at), text.slice(at + 1)];
  if (!ID.test(id) || revision === '' || revision.length > 200) throw new InvalidHubIdError(text);
  return { id, revision };
}

/** URL at which the API describes a repository. @param endpoint the hub's origin, e.g. `https://huggingface.co` */
export const apiAddress = (endpoint: string, { id, revision }: HubReference): string =>
  `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;

/** URL of a repository's file. @param path of the file in the repository */
export const fileAddress = (endpoint: string, { id, revision }: HubReference, path: string): string =>
  `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

export interface RepositoryFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Null for a small file, because the hub's API states no SHA-256 for it, and for a file that the user gives. */
  readonly sha256: string | null;
}

/** A model's files in the layout of the hub. */
export interface Repository {
  readonly id: string;
  /** The task that the repository names; null if it names none. */
  readonly task: string | null;
  readonly files: readonly RepositoryFile[];
}

interface HubRepository extends Repository {
  /** The commit to which the requested branch, tag or commit resolves. */
  readonly revision: string;
  readonly licence: string | null;
}

const text = z.string().max(1000).nullish().catch(null);

const description = z.object({
  id: z.string().regex(ID, 'expected an id like owner/name'),
  sha: commit,
  pipeline_tag: text,
  cardData: z
    .object({
      license: z
        .union([z.string(), listOf(z.string())])
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
  siblings: listOf(
    z.object({
      rfilename: z.string().min(1).max(1000),
      size: count,
      lfs: z.object({ sha256, size: count }).nullish(),
    }),
    { most: 100_000 },
  ),
});

/** Reads the API's answer. @param source its address, for errors @throws InvalidDocumentError */
export function parseRepository(value: unknown, source: string): HubRepository {
  const { id, sha, pipeline_tag, cardData, siblings } = parseDocument(description, value, source);
  const licence = [cardData?.license ?? []].flat().join(', ').slice(0, 200);
  return {
    id,
    revision: sha,
    licence: licence || null,
    task: pipeline_tag ?? null,
    files: siblings.map(({ rfilename, size, lfs }) => ({
      path: rfilename,
      sizeBytes: lfs?.size ?? size,
      sha256: lfs?.sha256 ?? null,
    })),
  };
}
