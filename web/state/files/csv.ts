import { InvalidDocumentError } from '../../../solver/documents/document.ts';

/** A line of a table. Its number in the file is kept for errors, because a quoted field may span several lines of the file. */
interface CsvLine {
  readonly line: number;
  readonly fields: readonly string[];
}

/** No table that the page reads has a longer field or more columns. The limits keep a hostile file from freezing the page. */
const FIELD_MAX = 10_000;
const FIELDS_MAX = 1000;

/** Reads CSV (RFC 4180) line by line. @throws InvalidDocumentError */
export function* readCsv(text: string, source: string): Generator<CsvLine, undefined> {
  const field = new RegExp(
    `(?:"((?:[^"]|""){0,${FIELD_MAX}})"|([^",\\r\\n]{0,${FIELD_MAX}}))(,|\\r?\\n|$)`,
    'y',
  );
  let [line, next] = [1, 1];
  let fields: string[] = [];
  const wrong = (why: string) =>
    new InvalidDocumentError(source, [`line ${next}, field ${fields.length + 1}: ${why}`]);
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found)
      throw wrong(
        `expected quotes around a field with quotes in it, each of these twice, and at most ${FIELD_MAX} characters`,
      );
    if (fields.length === FIELDS_MAX) throw wrong(`expected at most ${FIELDS_MAX} fields`);
    const [whole, quoted, plain, end] = found;
    fields.push(quoted?.replaceAll('""', '"') ?? plain!);
    next += whole.split('\n').length - 1;
    if (end === ',' && field.lastIndex < text.length) continue;
    yield { line, fields: end === ',' ? [...fields, ''] : fields };
    [line, fields] = [next, []];
  }
  return undefined;
}
