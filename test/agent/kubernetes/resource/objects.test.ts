import { expect, test } from 'vitest';
import { pluralOf } from '../../../../agent/kubernetes/api.ts';
import { gatewayObjects } from '../../../../agent/kubernetes/objects/gateway.ts';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import { resourceObjects } from '../../../../agent/kubernetes/resource/objects.ts';
import { resourceDefinition, resourceSpec } from '../../../../agent/kubernetes/resource/schema.ts';
import { podSettings } from '../../../../agent/kubernetes/settings.ts';
import { clusterPlan, fashion, settings } from '../objects/plans.ts';
import { kubernetesCheck } from '../objects/schemas.ts';
import { allows, type Rule } from '../rights.ts';
import { groupOf } from '../stand-in/store.ts';

const all = resourceObjects('fashion', podSettings('fashion', 'shop', {}));
// biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
const versionOf = (): any => (resourceDefinition().spec as any).versions[0];

/** Lists a schema and all schemas inside it. */
function schemasIn(schema: { [key: string]: unknown }): { [key: string]: unknown }[] {
  const inside = [schema.items, schema.additionalProperties, ...Object.values(schema.properties ?? {})];
  const schemas = inside.filter((one) => one !== null && typeof one === 'object') as {
    [key: string]: unknown;
  }[];
  return [schema, ...schemas.flatMap(schemasIn)];
}

test('watch runs on the nodes that --node-selector names', () => {
  const nodeSelector = { pool: 'edge' };
  const objects = resourceObjects('fashion', podSettings('fashion', 'shop', { nodeSelector }));
  const [watch] = objects.filter(({ kind }) => kind === 'Deployment');
  expect(watch).toMatchObject({ spec: { template: { spec: { nodeSelector } } } });
});

test('the schema is structural: each part has a type, and only fields that a CRD may have', () => {
  const schemas = schemasIn(versionOf().schema.openAPIV3Schema);
  expect(schemas.length).toBeGreaterThan(25);
  const known = [
    'type',
    'description',
    'properties',
    'required',
    'items',
    'additionalProperties',
    'enum',
    'default',
    'format',
    'pattern',
    'x-kubernetes-validations',
  ];
  const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
  for (const schema of schemas) {
    expect(schema.type, JSON.stringify(schema)).toBeTypeOf('string');
    expect(Object.keys(schema).filter((key) => ![...known, ...bounds].includes(key))).toEqual([]);
    expect(schema.properties && schema.additionalProperties).toBeFalsy();
    if ('exclusiveMinimum' in schema) expect(schema.exclusiveMinimum).toBeTypeOf('boolean');
  }
});

test('the API server refuses a spec with both a claim and a manifest in the image, by a rule in CEL', () => {
  const { 'x-kubernetes-validations': rules } = versionOf().schema.openAPIV3Schema.properties.spec;
  expect(rules).toEqual([
    {
      rule: '!(has(self.manifest) && has(self.modelsClaim))',
      message: expect.stringContaining('no path in the image beside modelsClaim'),
    },
  ]);
});

test('status is a subresource, and kubectl shows SLA, plan and how far it is', () => {
  const { subresources, additionalPrinterColumns } = versionOf();
  expect(subresources).toEqual({ status: {} });
  expect(additionalPrinterColumns.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['SLA ms', 'Plan', 'Planned', 'Ready']),
  );
});

test('each column that kubectl shows is a field of the schema, or the status of the condition with its name', () => {
  const { additionalPrinterColumns, schema } = versionOf();
  const { properties } = schema.openAPIV3Schema;
  for (const { name, type, jsonPath } of additionalPrinterColumns) {
    if (jsonPath.startsWith('.metadata.')) continue;
    const of = /^\.status\.conditions\[\?\(@\.type=="(\w+)"\)\]\.status$/.exec(jsonPath)?.[1];
    if (of !== undefined) {
      expect([of, type]).toEqual([name, 'string']);
      expect(properties.status.properties.conditions.items.properties.type.enum).toContain(of);
    } else {
      const [, part, field] = jsonPath.split('.');
      expect(properties[part].properties[field].type, name).toBe(type);
    }
  }
});

test('an InferencePipeline without a spec is refused', () => {
  expect(versionOf().schema.openAPIV3Schema.required).toEqual(['spec']);
});

test('what a spec leaves out is the same in the agent as by the defaults of the CRD', () => {
  const { profile, ...spec } = resourceSpec.parse({ slaMs: 100, ratePerS: 1 });
  const { properties } = versionOf().schema.openAPIV3Schema.properties.spec;
  for (const field of ['adapt', 'percentile', 'body', 'downshift'] as const)
    expect(spec[field]).toEqual(properties[field].default);
  for (const [field, value] of Object.entries(profile))
    expect(properties.profile.properties[field].default).toEqual(value);
});

const rulesOf = (objects: readonly object[]) =>
  (objects.find((object) => (object as { kind: string }).kind === 'Role') as { rules: Rule[] }).rules;

test('the Role of watch lets it apply every object of a plan, with a monitor too', () => {
  const monitored = { ...settings, monitor: 'monitoring' };
  for (const { apiVersion, kind, metadata } of kubernetesObjects(clusterPlan(), fashion.pipeline, monitored))
    for (const verb of ['get', 'create', 'patch']) {
      const right = { group: groupOf(apiVersion), resource: pluralOf(kind), name: metadata.name, verb };
      expect(
        rulesOf(all).some((rule) => allows(rule, right)),
        `${verb} ${kind}`,
      ).toBe(true);
    }
});

test('of the Secrets in its namespace the Role of watch lets it read only the token', () => {
  const secret = (name: string | undefined, verb: string) => ({ group: '', resource: 'secrets', name, verb });
  const allowed = (right: ReturnType<typeof secret>) => rulesOf(all).some((rule) => allows(rule, right));
  expect(allowed(secret('fashion-token', 'get'))).toBe(true);
  expect(allowed(secret('database', 'get'))).toBe(false);
  for (const verb of ['list', 'watch', 'patch', 'update', 'delete'])
    expect(allowed(secret(undefined, verb)), verb).toBe(false);
});

test('watch elects its leader, and follows and reports on its InferencePipeline, without rights on those of others', () => {
  const on = (group: string, resource: string, name: string, verbs: readonly string[]) =>
    verbs.filter((verb) => rulesOf(all).some((rule) => allows(rule, { group, resource, name, verb })));
  const lease = (name: string) => on('coordination.k8s.io', 'leases', name, ['get', 'update', 'delete']);
  expect([lease('fashion-watch'), lease('other')]).toEqual([['get', 'update'], []]);
  for (const [resource, verbs] of [
    ['inferencepipelines', ['list', 'watch']],
    ['inferencepipelines/status', ['patch']],
  ] as const)
    expect([
      on('ipa-edge.dev', resource, 'fashion', verbs),
      on('ipa-edge.dev', resource, 'other', verbs),
    ]).toEqual([verbs, []]);
});

test('the Role of watch lists no kind of which watch lists no objects', () => {
  for (const [group, resource] of [
    ['', 'serviceaccounts'],
    ['rbac.authorization.k8s.io', 'roles'],
    ['rbac.authorization.k8s.io', 'rolebindings'],
    ['monitoring.coreos.com', 'podmonitors'],
  ] as const)
    for (const verb of ['list', 'watch'])
      expect(
        rulesOf(all).some((rule) => allows(rule, { group, resource, name: undefined, verb })),
        `${verb} ${resource}`,
      ).toBe(false);
});

test('the Role of watch has the rights that it gives to the gateways, as Kubernetes requires', () => {
  const own = rulesOf(all);
  for (const { apiGroups, resources, verbs } of rulesOf(gatewayObjects({ plan: clusterPlan(), settings })))
    for (const verb of verbs)
      expect(
        own.some(
          (rule) =>
            rule.apiGroups.includes(apiGroups[0]!) &&
            rule.resources.includes(resources[0]!) &&
            rule.verbs.includes(verb),
        ),
        `${verb} ${resources}`,
      ).toBe(true);
});

const check = kubernetesCheck();
test.skipIf(check === null)('the deployment of watch is valid by the OpenAPI of Kubernetes 1.34', () => {
  const known = all.filter((object) => check!.knows(object));
  expect(known.map(({ kind }) => kind)).toContain('Deployment');
  for (const object of known) expect(check!(object), object.kind).toEqual([]);
});
