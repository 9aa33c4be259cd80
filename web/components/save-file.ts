const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  csv: 'text/csv;charset=utf-8',
  html: 'text/html;charset=utf-8',
  yaml: 'application/yaml',
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
