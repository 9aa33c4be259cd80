/** Descriptions of the error codes of Node's file system. */
const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'a part of its path is a file, not a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ENOENT: 'there is no such file',
  EACCES: 'this user has no right to',
  EPERM: 'the system does not permit it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its path is too long',
};

/** Says why a file cannot be read or written. @param cause the error of the attempt */
export function fileProblem(cause: unknown): string {
  const words = WORDS[(cause as { readonly code?: string } | null)?.code ?? ''];
  return words ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Says that a file cannot be read, and why: the same words wherever a user names a file. @param cause the error of the attempt */
export const unreadableText = (path: string, cause: unknown): string =>
  `${path} cannot be read: ${fileProblem(cause)}`;
