import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kserveObjects } from '../../../agent/kubernetes/objects/kserve.ts';
import { kubernetesObjects } from '../../../agent/kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../../../agent/kubernetes/objects/types.ts';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { type Files, yamlFiles } from '../../../agent/kubernetes/packages/files.ts';
import { helmChart } from '../../../agent/kubernetes/packages/helm.ts';
import { kustomizeBase } from '../../../agent/kubernetes/packages/kustomize.ts';
import { writeFiles } from '../../../agent/kubernetes/packages/write.ts';
import type { PodSettings } from '../../../agent/kubernetes/settings.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { fashionProfile } from './fashion-profile.ts';
import { clusterPlan, fashion, settings } from './objects/plans.ts';

const profile = fashionProfile();
const plan = clusterPlan();

/** Makes all objects that `export` writes, with braces that a template would take for its own. */
const objectsOf = (of: PodSettings): KubernetesObject[] => [
  ...kubernetesObjects({ ...plan, certificate: 'optimal {{ .Values.image }} }}' }, fashion.pipeline, of),
  ...watchObjects(profile, { plan, pipeline: fashion.pipeline, settings: of }),
];

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;
const sorted = (objects: readonly KubernetesObject[]) =>
  JSON.parse(JSON.stringify(objects)).sort((a: KubernetesObject, b: KubernetesObject) =>
    nameOf(a) < nameOf(b) ? -1 : 1,
  );
const objectsIn = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map((document) => document.toJS());

function installed(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Writes files and runs a program on their folder. */
async function onFolder(files: Files, program: string, args: (folder: string) => string[]): Promise<string> {
  const folder = folderOfTest();
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return execFileSync(program, args(folder), { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

test('texts that YAML 1.1, which kubectl reads, takes for other values stay texts', () => {
  const nodeSelector = { gpu: 'yes', ssd: 'on', n: '1_000', pool: '0b1' };
  const objects = objectsOf({ ...settings, nodeSelector });
  const texts = [...yamlFiles(objects).values()];
  const read = texts.flatMap((text) => parseAllDocuments(text, { version: '1.1' }));
  expect(sorted(read.map((document) => document.toJS()))).toEqual(sorted(objects));
});

test('a base for kustomize lists each of its files, which have the objects of the export', () => {
  const files = kustomizeBase(objectsOf(settings));
  const { resources } = parse(files.get('kustomization.yaml')!) as { resources: string[] };
  expect(['kustomization.yaml', ...resources]).toEqual([...files.keys()]);
  expect(sorted(resources.flatMap((file) => objectsIn(files.get(file)!)))).toEqual(
    sorted(objectsOf(settings)),
  );
});

test.skipIf(!installed('kustomize'))('kustomize builds the objects of the export from the base', async () => {
  const built = await onFolder(kustomizeBase(objectsOf(settings)), 'kustomize', (folder) => [
    'build',
    folder,
  ]);
  expect(sorted(objectsIn(built))).toEqual(sorted(objectsOf(settings)));
});

test.skipIf(!installed('kustomize'))('an overlay changes namespace and image everywhere', async () => {
  const base = kustomizeBase(objectsOf(settings));
  const overlay = `resources: [../base]\nnamespace: other\nimages: [{name: ipa-edge, newName: r.example/i, newTag: '2'}]\n`;
  const files = new Map([...base].map(([path, text]) => [`base/${path}`, text]));
  files.set('overlay/kustomization.yaml', overlay);
  const built = objectsIn(await onFolder(files, 'kustomize', (folder) => ['build', join(folder, 'overlay')]));
  for (const { metadata, ...rest } of built) {
    expect(metadata.namespace).toBe('other');
    if (rest.kind === 'ConfigMap') continue;
    expect(JSON.stringify(rest)).not.toMatch(/shop|ipa-edge:test/);
  }
});

test('a folder with further files of an earlier export is refused and stays as it is; files of others do not matter', async () => {
  const folder = join(folderOfTest(), 'k8s');
  const files = yamlFiles(objectsOf(settings));
  await writeFiles(folder, files);
  await writeFile(join(folder, 'ingress.yaml'), 'kind: Ingress');
  await writeFiles(folder, files);
  const before = await readdir(folder);
  const fewer = new Map(files).set('other.yaml', '');
  fewer.delete('fashion-detect.yaml');
  await expect(writeFiles(folder, fewer)).rejects.toThrow(
    `${folder} has files of an earlier export, which would be applied with this one: fashion-detect.yaml. Delete`,
  );
  expect(await readdir(folder)).toEqual(before);
  await rm(join(folder, 'fashion-detect.yaml'));
  await writeFiles(folder, fewer);
  expect(await readdir(folder)).toContain('other.yaml');
});

test('a folder with the objects of KServe that an earlier export wrote is refused', async () => {
  const folder = join(folderOfTest(), 'k8s');
  await writeFiles(folder, yamlFiles(kserveObjects(plan, fashion.pipeline, settings)));
  await expect(writeFiles(folder, yamlFiles(objectsOf(settings)))).rejects.toThrow(
    'which would be applied with this one: fashion-kserve-plan.yaml, fashion.yaml. Delete',
  );
});

const chart = (): Files => helmChart('fashion', settings, objectsOf);

/** Renders a template as Helm does, if it has only values and quoted braces. */
const rendered = (text: string, namespace: string, image: string): string =>
  text.replaceAll(/\{\{ (.*?) \}\}/g, (all, action) => {
    const values: Record<string, string> = {
      '.Release.Namespace': namespace,
      '.Release.Namespace | quote': JSON.stringify(namespace),
      '.Values.image': image,
      '"{{"': '{{',
    };
    return values[action] ?? expect.unreachable(`${all} is no value of the chart`);
  });

test('a release of the chart has the objects of the export, in its namespace and with its image', () => {
  const files = chart();
  const templates = [...files].filter(([path]) => /^templates\/.*\.yaml$/.test(path));
  // A namespace may have a name that looks like a number.
  for (const namespace of ['other', '2026']) {
    const objects = templates.flatMap(([, text]) => objectsIn(rendered(text, namespace, 'r.example/i:2')));
    expect(sorted(objects)).toEqual(sorted(objectsOf({ ...settings, namespace, image: 'r.example/i:2' })));
  }
});

test('the chart says what it is, has the image as its value, and tells how to make the token', () => {
  const files = chart();
  expect(parse(files.get('Chart.yaml')!)).toMatchObject({
    apiVersion: 'v2',
    name: 'fashion',
    version: '0.1.0',
  });
  expect(parse(files.get('values.yaml')!)).toEqual({ image: settings.image });
  expect(rendered(files.get('templates/NOTES.txt')!, 'other', '')).toContain(
    '--namespace other fashion-token',
  );
});

test.skipIf(!installed('helm'))('helm renders the objects of the export', async () => {
  const text = await onFolder(chart(), 'helm', (folder) => [
    'template',
    'release',
    folder,
    '--namespace',
    'shop',
  ]);
  expect(sorted(objectsIn(text))).toEqual(sorted(objectsOf(settings)));
});
