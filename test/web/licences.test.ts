import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { newContext } from './opened-page.ts';
import { servedPage } from './serve.ts';

const site = servedPage();

/** Imports, exports and addresses of workers; types are not part of a build. */
const MODULE = /(?:^(?:import|export)(?! type\b)(?:[^'";=()]*\bfrom)?|\bimport\(|\bnew URL\()\s*'([^']+)'/gm;

/** Returns the packages that a module imports, itself or through modules of the project that it imports or starts as workers. */
function packagesOf(file: string, visited = new Set<string>(), found = new Set<string>()): Set<string> {
  if (visited.has(file)) return found;
  visited.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(MODULE))
    if (/^\.{1,2}\/.*\.tsx?$/.test(name!)) packagesOf(join(dirname(file), name!), visited, found);
    else if (/^[@a-z]/.test(name!)) found.add(/^(@[^/]+\/)?[^/]+/.exec(name!)![0]);
  return found;
}

test("the page's foot links to a notice of every package that the page and its workers import", async () => {
  const page = await (await newContext(site.browser)).newPage();
  await page.goto(site.url);
  const [answer] = await Promise.all([
    page.waitForResponse(/licences\.txt$/),
    page.getByRole('link', { name: /^Licences/ }).click(),
  ]);
  expect(answer.status()).toBe(200);
  const notices = await answer.text();
  const packages = [...packagesOf(join(ROOT, 'web/main.tsx'))];
  // The page itself imports one of these packages, and only workers import others.
  expect(packages).toEqual(
    expect.arrayContaining(['preact', 'onnxruntime-web', 'glpk.js', '@huggingface/tokenizers']),
  );
  expect(
    packages.filter((name) => !notices.includes(`\n${name} `) && !notices.startsWith(`${name} `)),
  ).toEqual([]);
});
