const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  csv: 'text/csv;charset=utf-8',
  html: 'text/html;charset=utf-8',
  tar: 'application/x-tar',
};

/** Makes the browser save a file. The media type depends on the file name's extension. */
export function saveFile(name: string, ...parts: BlobPart[]): void {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]!;
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Browsers may drop a download that begins right after another one. */
const BETWEEN_DOWNLOADS_MS = 1000;

/** Makes the browser save several files, one after the other. */
export async function saveFiles(
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  for (const [i, { name, text }] of files.entries()) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_DOWNLOADS_MS));
    saveFile(name, text);
  }
}
