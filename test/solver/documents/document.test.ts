import { expect, it } from 'vitest';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { parseProblem } from '../../../solver/documents/problem.ts';
import { parseTrace, TRACE } from '../../../solver/documents/trace.ts';

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

it.each([
  ['rates[0]: expected at least 0, found -1', { rates: [-1] }],
  ['intervalS: expected more than 0, found 0', { intervalS: 0 }],
  ['name: expected at most 100 characters, found "xxx', { name: 'x'.repeat(101) }],
])('says in plain words which limit a field breaks: %s', (words, wrong) => {
  const trace = { schema: TRACE, name: 'load', unit: 'requests/s', intervalS: 1, rates: [1] };
  expect(() => parseTrace({ ...trace, ...wrong }, 'load.json')).toThrow(words);
});

it('says in plain words that a name is empty', () => {
  const stages = [{ name: '', options: [] }];
  expect(() => parseProblem({ stages }, 'problem.json')).toThrow(
    'stages[0].name: expected at least 1 character, found ""',
  );
});

it('refuses a problem whose objective would be infinite', () => {
  const stages = [{ name: 'a', options: [{ id: 'o', latencyMs: 1, accuracy: 1, batch: 1, cost: 1e200 }] }];
  const problem = { slaMs: 1, objective: { beta: 1e200 }, stages };
  expect(() => parseProblem(problem, 'problem.json')).toThrow(
    'objective.beta: expected at most 1e+100, found 1e+200',
  );
  expect(() => parseProblem({ ...problem, objective: {} }, 'problem.json')).toThrow(
    'stages[0].options[0].cost: expected at most 1e+100, found 1e+200',
  );
});

it('names a trace without a name after its file, by the end of a long path', () => {
  expect(parseTrace({ rates: [1] }, 'data/load.json').name).toBe('data/load.json');
  const { name } = parseTrace({ rates: [1] }, `${'/folder'.repeat(20)}/load.json`);
  expect(name).toHaveLength(100);
  expect(name).toMatch(/\/folder\/load\.json$/);
});

it('tells of each problem briefly: long values, and long or many names of fields, are cut', () => {
  const long = 'x'.repeat(1000);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 1]));
  const trace = { schema: TRACE, name: 'load', unit: 'requests/s', intervalS: 1, rates: [1] };
  for (const wrong of [{ rates: Array(100).fill(long) }, { rates: { of: Array(100).fill(long) } }, many])
    try {
      parseTrace({ ...trace, ...wrong }, 'load.json');
      expect.unreachable();
    } catch (error) {
      const { message } = error as InvalidDocumentError;
      expect(error).toBeInstanceOf(InvalidDocumentError);
      expect(message).toContain('...');
      expect(message.length).toBeLessThan(2000);
    }
});

it('says of a document with unknown fields that a newer version may have written it', () => {
  const trace = { schema: TRACE, name: 'load', unit: 'requests/s', intervalS: 1, rates: [1] };
  expect(() => parseTrace({ ...trace, smoothing: 2 }, 'load.json')).toThrow(
    /^load\.json is not valid:\n {2}A newer version .*\n {2}\(root\): Unrecognized key: "smoothing"/,
  );
  expect(() => parseTrace({ ...trace, rates: [-1] }, 'load.json')).not.toThrow(/newer/);
});
