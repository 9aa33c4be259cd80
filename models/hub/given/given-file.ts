/** A file that somebody gives, to the page or to a command. A browser's `File` is one. */
export interface GivenFile {
  readonly name: string;
  readonly size: number;
  /** The file's path from the folder that was given; empty if the file was given alone. */
  readonly webkitRelativePath: string;
}

/** The path of a file within the folder that was given; its name if it was given alone. */
export const pathOf = ({ name, webkitRelativePath }: GivenFile): string => webkitRelativePath || name;

/** How given files are read, and where they are. */
export interface GivenReader<F extends GivenFile> {
  bytes(file: F, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Where the file is, as the manifest says it. */
  addressOf(file: F): string;
}
