import { expect, test } from 'vitest';
import { linearPattern } from '../../models/tasks/linear-pattern.ts';

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

test.each([
  GPT2,
  LLAMA3,
  LLAMA3.replace('{1,3}', ''),
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  '[!"#$%&\'()*+,-./:;<=>?@\\[\\\\\\]^_`{|}~]',
  ' {2,}',
  '\\s+',
  '[\\r\\n]',
  '\\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+',
  '[[:digit:]]+?',
  '.{1,24}',
  '\\d(?=(?:\\d{3})\\b)',
])('a pattern of real tokenizers is allowed: %s', (pattern) => {
  expect(linearPattern(pattern)).toMatchObject({ empty: false });
});

test.each(['', '\\s*', '(?=x)', 'a?|b', '^'])('"%s" may match nothing', (pattern) => {
  expect(linearPattern(pattern)).toMatchObject({ empty: true });
});

test.each([
  '(a+)+$',
  '(a|a)*b',
  '(a|aa)+',
  '(?:a{1,9}){1,9}b',
  'a*a*b',
  '\\s+$',
  '\\s+x',
  '.*x',
  '\\s*[\\r\\n]+',
  '\\s*[\\r\\n]+|[|\\s+]x',
  '\\s+|\\s*[\\r\\n]+',
  'a+(?!b)',
  '(?=a*b)',
  '(?<!\\S+)',
  'a{2}+',
  'a{1,}+b',
  'a{1,}*',
  'a?a?a?a?a?a?a?a?a?a?a?a?b',
  '(a)\\1',
  '(?<x>a)\\k<x>',
  '(?>a+)b',
  '[a[b+]]+x',
  '[a&&b]',
  'a**',
  '(a',
  'a)',
  '[a',
  '\\',
  'a{9999}',
  'a'.repeat(5000),
  '('.repeat(3000),
  `${'(?:'.repeat(20)}a${')'.repeat(20)}`,
])('a pattern that may take long, or cannot be read, is refused: %s', (pattern) => {
  expect(linearPattern(pattern)).toBeNull();
});
