/** A file that the user gives to the page or to a command. A browser's `File` has this interface. */
export interface GivenFile {
  readonly name: string;
  readonly size: number;
  /** The file's path, beginning with the name of the given folder; empty if the file was given by itself. */
  readonly webkitRelativePath: string;
}

/** The file's path, beginning with the name of the given folder; only its name if the file was given by itself. */
export const pathOf = ({ name, webkitRelativePath }: GivenFile): string => webkitRelativePath || name;

/** The folder of a file, with a slash at its end; empty for a file that was given by itself. */
export const folderOf = (file: GivenFile): string => pathOf(file).replace(/[^/]*$/, '');

/** Reads given files and locates them for the manifest. */
export interface GivenReader<F extends GivenFile> {
  bytes(file: F, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The path or URL by which the manifest refers to the file. */
  addressOf(file: F): string;
}

/**
 * Whether a file has a name such as `.git`, `.DS_Store` or `desktop.ini`. Systems and tools leave such files in folders, and no
 * user means to give them.
 */
export const isHidden = (name: string): boolean => /^\.|^(desktop\.ini|thumbs\.db)$/i.test(name);
