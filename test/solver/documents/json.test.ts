import { expect, test } from 'vitest';
import { jsonValue } from '../../../solver/documents/document.ts';

test.each([
  [
    '{"a": [1, 2',
    /f\.json is not valid:\n {2}\(root\): expected JSON, found a text that ends too early: the file may be cut off$/,
  ],
  ['{"a": "b', /ends too early/],
  ['', /ends too early/],
  ['[1 2]', /found another text \(Expected/],
])('a text that is no JSON, %j, is told as cut off or as another text', (text, says) => {
  expect(() => jsonValue(text, 'f.json')).toThrow(says);
});

test.each<[encoding: string, bytes: Buffer]>([
  ['little-endian', Buffer.from('{"a": 1}', 'utf16le')],
  ['little-endian, with a byte order mark', Buffer.from('\uFEFF{"a": 1}', 'utf16le')],
  ['big-endian', Buffer.from('{"a": 1}', 'utf16le').swap16()],
  ['big-endian, with a byte order mark', Buffer.from('\uFEFF{"a": 1}', 'utf16le').swap16()],
])('JSON in UTF-16, %s, is refused with the remedy', (_, bytes) => {
  expect(() => jsonValue(new TextDecoder().decode(bytes), 'f.json')).toThrow(
    'expected JSON, found a text in UTF-16: save the file in the encoding UTF-8',
  );
});

test('a message about bytes that are no JSON has no control characters', () => {
  expect(() => jsonValue('\u001b[2J\u0007', 'f')).toThrow(/^[^\p{Cc}]*\n[^\p{Cc}]*$/u);
});

test('JSON after a byte order mark, as some editors write it, is read', () => {
  expect(jsonValue('\uFEFF{"a": 1}', 'f.json')).toEqual({ a: 1 });
});
