import { InvalidDocumentError } from '../../../solver/documents/document.ts';

/** A line of a table. Its number in the file is kept for errors, because a quoted field may span several lines of the file. */
interface CsvLine {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Reads CSV (RFC 4180). @throws InvalidDocumentError */
export function readCsv(text: string, source: string): CsvLine[] {
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const lines: CsvLine[] = [];
  let [line, next] = [1, 1];
  let fields: string[] = [];
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found)
      throw new InvalidDocumentError(source, [
        `line ${next}, field ${fields.length + 1}: expected quotes around a field with quotes in it, and each of these twice`,
      ]);
    const [whole, quoted, plain, end] = found;
    fields.push(quoted?.replaceAll('""', '"') ?? plain!);
    next += whole.split('\n').length - 1;
    if (end === ',' && field.lastIndex < text.length) continue;
    lines.push({ line, fields: end === ',' ? [...fields, ''] : fields });
    [line, fields] = [next, []];
  }
  return lines;
}
