/** Protocol buffers' text format, as far as Triton's model configuration needs it. */

/** A name that is written without quotes. */
export class Enum {
  constructor(readonly name: string) {}
}

export interface Message {
  readonly [field: string]: Value | undefined;
}

/** Of a repeated field, each element is written as a field of its own; a list of numbers in brackets. */
export type Value = string | number | Enum | Message | readonly Message[] | readonly number[];

export const textFormat = (message: Message): string => `${lines(message).join('\n')}\n`;

const lines = (message: Message): string[] =>
  Object.entries(message).flatMap(([field, value]) => (value === undefined ? [] : write(field, value)));

function write(field: string, value: Value): string[] {
  if (typeof value === 'string') return [`${field}: ${quoted(value)}`];
  if (typeof value === 'number') return [`${field}: ${value}`];
  if (value instanceof Enum) return [`${field}: ${value.name}`];
  if (!Array.isArray(value))
    return [`${field} {`, ...lines(value as Message).map((line) => `  ${line}`), '}'];
  if (value.every((entry) => typeof entry === 'number')) return [`${field}: [ ${value.join(', ')} ]`];
  return (value as readonly Message[]).flatMap((entry) => write(field, entry));
}

/** ASCII in double quotes, anything else escaped by byte. */
function quoted(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const escaped = Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    if (char === '"' || char === '\\') return `\\${char}`;
    return byte >= 0x20 && byte < 0x7f ? char : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
