import { expect, it } from 'vitest';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { parseTrace } from '../../../solver/documents/trace.ts';

it('lists the first problems of a document, and says how many more there are', () => {
  const rates = Array.from({ length: 500 }, () => -1);
  try {
    parseTrace({ rates }, 'load.json');
    expect.unreachable();
  } catch (error) {
    const { message, problems } = error as InvalidDocumentError;
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(problems).toHaveLength(500);
    expect(message.split('\n')).toHaveLength(12);
    expect(message).toMatch(/^load\.json is not valid:\n {2}rates\[0\]: .* found -1\n/);
    expect(message).toMatch(/\n {2}and 490 more$/);
  }
});
