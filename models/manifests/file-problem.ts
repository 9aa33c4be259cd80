/** Descriptions of the error codes of Node's file system and of its zlib. */
const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'a part of its path is a file, not a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ENOENT: 'there is no such file',
  EACCES: 'this user has no right to',
  EPERM: 'the system does not permit it',
  EROFS: 'its file system is read-only',
  ENXIO: 'it is a socket, or a device that is not there',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is used up",
  EFBIG: 'the file would be larger than the system lets this user write',
  ENAMETOOLONG: 'its path is too long',
  ERR_BUFFER_TOO_LARGE: 'unpacked, it has more bytes than are expected',
  Z_BUF_ERROR: 'it is gzipped and ends too early: the file may be cut off',
  Z_DATA_ERROR: 'it is gzipped and damaged',
};

/** Says why a file cannot be read or written. @param cause the error of the attempt */
export function fileProblem(cause: unknown): string {
  const words = WORDS[(cause as { readonly code?: string } | null)?.code ?? ''];
  return words ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Says that a file cannot be read, and why: the same words wherever a user names a file. @param cause the error of the attempt */
export const unreadableText = (path: string, cause: unknown): string =>
  `${path} cannot be read: ${fileProblem(cause)}`;
