import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { replicaPlan, withOwnReplicas } from '../../../agent/cluster/replica-plan.ts';
import { withoutStandbys } from '../../../agent/kubernetes/objects/kserve.ts';
import { planOnce } from '../../../workers/planner/once.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { until } from '../../until.ts';
import { ipaAgentHere } from '../here.ts';
import { addStartingPod, engineIn, standInCluster } from './cluster.ts';
import { fashionProfile, podsProfile } from './fashion-profile.ts';
import { startCommand } from './processes.ts';

const measured = fashionProfile();
/** A plan in which all stages share a worker, although the cores suffice for more. */
const plan = await planOnce(measured, { slaMs: 300, ratePerS: 2, resources: { cores: 40 } });
const scaled = replicaPlan({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, replicas: 3 })) });

/**
 * Makes a cluster, the arguments with which commands reach it, and functions that write a file and that run `ipa-agent apply`.
 */
async function setUp() {
  const { standIn, kubeconfig, cluster: api } = await standInCluster();
  const folder = folderOfTest();
  const write = async (name: string, value: unknown): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify(value));
    return path;
  };
  const cluster = ['--kubeconfig', kubeconfig, '--namespace', 'shop'];
  const apply = (...args: string[]) => ipaAgentHere(['apply', ...args, ...cluster]);
  return { standIn, folder, write, apply, cluster, engine: engineIn(api) };
}

test('ipa-agent apply tells where, what would change, what has changed, and that nothing is left to change', async () => {
  const { standIn, write, apply } = await setUp();
  const [first, second] = [await write('plan.json', plan), await write('scaled.json', scaled)];
  const dry = await apply('--plan', first, '--dry-run');
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.text).toContain(`namespace shop of ${standIn.url}:`);
  expect(dry.text).toContain('16 of 16 objects would change');
  // On a cluster each stage has pods of its own, which cost a core each.
  expect(plan.workers).toHaveLength(1);
  expect(dry.text).toContain('stages of each worker: detect, classify\n');
  expect(dry.text).toContain('cost 2.000');
  expect(dry.text).toContain(
    'Each stage gets pods of its own, because the cores suffice: 2 pods instead of 1',
  );
  expect((await apply('--plan', first)).text).toContain('16 of 16 objects changed');
  expect((await apply('--plan', first)).text).toContain('nothing to change');
  const { text } = await apply('--plan', second);
  expect(text).toContain('~ Deployment fashion-classify  changed\n    spec.replicas: 1 → 3');
  expect(text).toContain('data["previous.json"]: the plan before it');
  const back = await apply('--rollback', 'fashion', '--json');
  const changes = JSON.parse(back.stdout) as {
    kind: string;
    name: string;
    state: string;
    changes: unknown[];
  }[];
  expect(
    changes.find(({ kind, name }) => kind === 'Deployment' && name === 'fashion-classify'),
  ).toMatchObject({ state: 'changed', changes: [{ path: 'spec.replicas', before: 3, after: 1 }] });
});

test('ipa-agent apply keeps the settings of pods until others are given or all are reset', async () => {
  const { standIn, write, apply } = await setUp();
  const file = await write('plan.json', plan);
  const priority = () => {
    const { spec } = standIn.store.get('apis/apps/v1/namespaces/shop/deployments/fashion-detect')!;
    return (spec as { template: { spec: { priorityClassName?: string } } }).template.spec.priorityClassName;
  };
  await apply('--plan', file, '--priority-class', 'serving');
  await apply('--plan', file, '--image', 'other:2');
  expect(priority()).toBe('serving');
  await apply('--plan', file, '--reset-settings', '--image', 'other:2');
  expect(priority()).toBeUndefined();
});

test('ipa-agent apply ends with 1 where the cluster says no or nothing, and with 2 where what it is given is wrong', async () => {
  const { standIn, write, apply, engine } = await setUp();
  const [file, other] = [await write('plan.json', plan), await write('scaled.json', scaled)];
  await engine.apply(withOwnReplicas(plan));
  standIn.store.apply(
    'apis/apps/v1/namespaces/shop/deployments/fashion-detect',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'fashion-detect', namespace: 'shop' },
      spec: { replicas: 7 },
    },
    'autoscaler',
    true,
    false,
  );
  const conflict = await apply('--plan', other);
  expect(conflict).toMatchObject({
    code: 1,
    text: expect.stringContaining('.spec.replicas by autoscaler'),
  });
  expect(await apply('--plan', file, '--rollback', 'fashion')).toMatchObject({ code: 2 });
  expect(await apply('--rollback', 'nothing')).toMatchObject({ code: 2 });
  await standIn.down();
  const gone = await apply('--plan', file);
  expect(gone).toMatchObject({ code: 1, text: expect.stringContaining('does not answer') });
  expect(conflict.text + gone.text).not.toMatch(/^\s+at /m);
});

test('what the user gives is checked before the cluster is asked for', async () => {
  const { write } = await setUp();
  const file = await write('plan.json', plan);
  const [first, ...stages] = plan.stages;
  const other = await write('other.json', { ...plan, stages: [{ ...first!, variant: 'none' }, ...stages] });
  const refusal = (...args: string[]) => ipaAgentHere([...args, '--kubeconfig', 'no-cluster']);
  const watch = await refusal('watch', '--pipeline', 'fashion', '--profile', 'none.json');
  expect(watch).toMatchObject({ code: 2, text: expect.stringContaining('none.json cannot be read') });
  const gateway = await refusal('gateway', '--plan', file, '--port', '0', '--token-file', 'no-token');
  expect(gateway).toMatchObject({ code: 2, text: expect.stringContaining('no-token cannot be read') });
  const apply = await refusal('apply', '--plan', other);
  expect(apply).toMatchObject({
    code: 2,
    text: expect.stringContaining('The plan does not fit the manifest'),
  });
});

test.each([
  ['says so', 'does not have', measured, true],
  ['says nothing', 'has', podsProfile(2), false],
])(
  'ipa-agent %s of latencies without the way to pods where the profile %s it',
  async (_, _has, profile, said) => {
    const { write, apply, cluster } = await setUp();
    const says = 'The predicted latencies leave out the way of batches to pods';
    const planned = await planOnce(profile, { slaMs: 300, ratePerS: 2, resources: { cores: 40 } });
    const { code, text } = await apply('--plan', await write('plan.json', planned));
    expect([code, text.includes(says)]).toEqual([0, said]);
    const files = ['--profile', await write('profile.json', profile)];
    const watch = ['watch', '--pipeline', 'fashion', ...files, ...cluster];
    const watched = await ipaAgentHere(watch, 'watching fashion in namespace shop');
    expect(watched.text.includes(says)).toBe(said);
  },
);

test('ipa-agent apply --wait ends with 1 while pods do not serve, and says which and how to go back', async () => {
  const { standIn, write, apply } = await setUp();
  const file = await write('plan.json', plan);
  addStartingPod(standIn);
  const waited = await apply('--plan', file, '--wait', '1ms');
  expect(waited.code).toBe(1);
  expect(waited.text).toContain('waiting for fashion-detect-x: it is starting');
  expect(waited.text).toMatch(/pods do not serve the plan yet.*apply --rollback fashion/);
});

test.each([
  ['kubernetes', plan, ['ConfigMap', 'Deployment', 'Service']],
  ['kserve', withoutStandbys(plan), ['ConfigMap', 'InferenceGraph', 'InferenceService']],
])('ipa-agent export writes the %s objects of a plan, one file for each name', async (format, run, kinds) => {
  const { write, folder } = await setUp();
  const planFile = await write('plan.json', plan);
  const out = join(folder, 'objects');
  const flags = ['--plan', planFile, '--format', format, '--namespace', 'shop', '--out', out, '--json'];
  const { code, stdout } = await ipaAgentHere(['export', ...flags]);
  expect(code).toBe(0);
  const names: string[] = JSON.parse(stdout);
  const objects = await Promise.all(
    names.map(async (name) =>
      parseAllDocuments(await readFile(join(out, name), 'utf8')).map((document) => document.toJS()),
    ),
  );
  objects.forEach((ofName, i) => {
    for (const { metadata } of ofName)
      expect(metadata).toMatchObject({ name: names[i]!.replace('.yaml', ''), namespace: 'shop' });
  });
  expect(objects.flat().map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
  const { data } = objects.flat().find(({ kind }) => kind === 'ConfigMap');
  expect(JSON.parse(data['plan.json'])).toEqual(JSON.parse(JSON.stringify(withOwnReplicas(run))));
});

test('ipa-agent export of a chart names no namespace for the token, because the release chooses one', async () => {
  const { write, folder } = await setUp();
  const flags = [
    '--plan',
    await write('plan.json', plan),
    '--format',
    'helm',
    '--out',
    join(folder, 'chart'),
  ];
  const { code, text } = await ipaAgentHere(['export', ...flags]);
  expect(code).toBe(0);
  expect(text).toContain("the chart's notes");
  expect(text).not.toContain('--namespace');
});

test('of two ipa-agent watch one leads, and the other does when it ends', async () => {
  const { write, engine, cluster } = await setUp();
  await engine.apply(withOwnReplicas(plan));
  const profile = await write('profile.json', measured);
  const watch = () => startCommand(['watch', '--pipeline', 'fashion', '--profile', profile, ...cluster]);
  const leads = ({ lines }: ReturnType<typeof watch>) => lines.some((line) => line.endsWith(' leading'));
  const first = watch();
  await until(() => expect(leads(first)).toBe(true));
  const second = watch();
  await until(() => expect(second.lines.join('\n')).toContain('watching fashion in namespace shop'));
  expect(leads(second)).toBe(false);
  first.process.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  await until(() => expect(leads(second)).toBe(true));
});
