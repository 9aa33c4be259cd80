import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addPodOptions, givenSettings } from '../../../agent/commands/pod-options.ts';
import { profileJob } from '../../../agent/kubernetes/objects/profile-job.ts';
import { kubernetesObjects } from '../../../agent/kubernetes/objects/serving.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';
import { clusterPlan, fashion } from './objects/plans.ts';

const settings = (flags: Parameters<typeof givenSettings>[0], applied = first) =>
  podSettings('fashion', 'shop', givenSettings(flags), applied);
const first = podSettings('fashion', 'shop', {});

test('models are those of the image unless a claim is given', () => {
  expect(first).toMatchObject({ manifest: 'models/fashion/manifest.json', modelsClaim: null });
});

test.each([
  ['--image', '', 'Expected the name of an image'],
  ['--image', 'registry.example/ipa edge', 'Expected the name of an image'],
  ['--image-manifest', '', 'found an empty text'],
  ['--priority-class', '', 'Expected lower-case letters'],
  ['--priority-class', 'Serving', 'Expected lower-case letters'],
  ['--pull-secret', 'my registry', 'Expected lower-case letters'],
])('%s refuses "%s"', (option, text, says) => {
  const command = addPodOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  expect(() => command.parse([option, text], { from: 'user' })).toThrow(says);
});

test('several pull secrets are given with one option or with several', () => {
  const command = addPodOptions(new Command()).exitOverride();
  command.parse(['--pull-secret', 'a', 'b', '--pull-secret', 'c'], { from: 'user' });
  expect(command.opts().pullSecret).toEqual(['a', 'b', 'c']);
});

test('a claim stays as it was applied until a manifest in the image is asked for', () => {
  const claimed = settings({ modelsClaim: 'shop-models' });
  expect(claimed).toMatchObject({ manifest: '/models/manifest.json', modelsClaim: 'shop-models' });
  expect(settings({ image: 'other:2' }, claimed)).toEqual({ ...claimed, image: 'other:2' });
  const back = settings({ imageManifest: 'models/own/manifest.json' }, claimed);
  expect(back).toMatchObject({ manifest: 'models/own/manifest.json', modelsClaim: null });
});

test('pull secrets, tolerations and priority of all pods stay as applied until others are given', () => {
  const given = settings({
    pullSecret: ['registry'],
    toleration: [
      { key: 'nvidia.com/gpu', effect: 'NoSchedule' },
      { key: 'pool', value: 'edge', effect: 'NoExecute' },
    ],
    priorityClass: 'serving',
  });
  const kept = settings({ image: 'other:2' }, given);
  for (const { spec } of [
    ...kubernetesObjects(clusterPlan(), fashion.pipeline, kept).filter(({ kind }) => kind === 'Deployment'),
    profileJob(
      { backends: ['cpu'], threads: [1], batches: [1], budgetS: 10, seed: 1 },
      fashion.pipeline,
      kept,
      'x',
    ),
  ])
    expect((spec as { template: { spec: object } }).template.spec).toMatchObject({
      imagePullSecrets: [{ name: 'registry' }],
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        { key: 'pool', operator: 'Equal', value: 'edge', effect: 'NoExecute' },
      ],
      priorityClassName: 'serving',
    });
});

test.each([
  ['gpu:NoSchedule', { key: 'gpu', effect: 'NoSchedule' }],
  ['pool=edge:NoExecute', { key: 'pool', value: 'edge', effect: 'NoExecute' }],
])('the option --toleration reads %s', (text, expected) => {
  const command = addPodOptions(new Command()).exitOverride();
  command.parse(['--toleration', text], { from: 'user' });
  expect(command.opts().toleration).toEqual([expected]);
});

test.each(['gpu', 'gpu:Never', ':NoSchedule', 'a=b c:NoSchedule', '=x:NoSchedule'])(
  'the option --toleration refuses %s',
  (text) => {
    const command = addPodOptions(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    expect(() => command.parse(['--toleration', text], { from: 'user' })).toThrow('Expected a taint');
  },
);
