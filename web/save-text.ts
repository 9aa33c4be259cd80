const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  csv: 'text/csv',
  html: 'text/html',
  yaml: 'application/yaml',
};

/** Hands a text to the user as a file; the ending of its name says what it is. */
export function saveText(name: string, text: string): void {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]!;
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
