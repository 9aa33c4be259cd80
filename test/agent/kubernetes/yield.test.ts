import { expect, test } from 'vitest';
import { removeField } from '../../../agent/kubernetes/yield.ts';

const deployment = () => ({
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'stage', image: 'a', ports: [{ containerPort: 8080, protocol: 'TCP', name: 'http' }] },
          { name: 'other', image: 'b' },
        ],
      },
    },
  },
});

test('a field is removed by the path that a conflict names', () => {
  const object = deployment();
  expect(removeField(object, '.spec.replicas')).toBe(true);
  expect(removeField(object, '.spec.template.spec.containers[name="stage"].image')).toBe(true);
  const port = '.spec.template.spec.containers[name="stage"].ports[containerPort=8080,protocol="TCP"].name';
  expect(removeField(object, port)).toBe(true);
  expect(object.spec).toEqual({
    template: {
      spec: {
        containers: [
          { name: 'stage', ports: [{ containerPort: 8080, protocol: 'TCP' }] },
          { name: 'other', image: 'b' },
        ],
      },
    },
  });
});

test('keys and entries of lists that have dots themselves are found in a path, which quotes none', () => {
  const object = {
    metadata: { labels: { app: 'a', 'app.kubernetes.io/managed-by': 'ipa-agent' } },
    data: { plan: 'b', 'plan.json': 'c' },
    volumeMounts: [{ mountPath: '/etc/ipa.edge', readOnly: true }],
  };
  for (const path of [
    '.metadata.labels.app.kubernetes.io/managed-by',
    '.data.plan.json',
    '.volumeMounts[mountPath="/etc/ipa.edge"].readOnly',
  ])
    expect(removeField(object, path), path).toBe(true);
  expect(object).toEqual({
    metadata: { labels: { app: 'a' } },
    data: { plan: 'b' },
    volumeMounts: [{ mountPath: '/etc/ipa.edge' }],
  });
});

test('a path to nothing, or to a whole entry of a list, removes nothing', () => {
  const object = deployment();
  for (const path of [
    '.spec.paused',
    '.spec.template.spec.containers[name="none"].image',
    '.spec.template.spec.containers[name="stage"]',
    '.__proto__.polluted',
    '',
  ])
    expect(removeField(object, path)).toBe(false);
  expect(object).toEqual(deployment());
});
