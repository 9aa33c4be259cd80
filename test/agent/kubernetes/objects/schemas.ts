import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { referenceFile } from '../../../reference.ts';

type Schema = { [key: string]: unknown };

/** Copies a schema so that it refuses every field that it does not name, as the API server's strict validation does. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy: Schema = {};
  for (const [key, value] of Object.entries(schema)) copy[key] = closed(value);
  const open = copy['x-kubernetes-preserve-unknown-fields'] === true;
  if (copy.type === 'object' && copy.properties && !copy.additionalProperties && !open)
    copy.additionalProperties = false;
  // OpenAPI 3.0 marks a minimum as exclusive; JSON Schema has another field for an exclusive minimum.
  if (copy.exclusiveMinimum === true) {
    copy.exclusiveMinimum = copy.minimum;
    delete copy.minimum;
  }
  // The value is an integer or a text, for which OpenAPI has no type.
  if (copy['x-kubernetes-int-or-string'] === true || copy.format === 'int-or-string') {
    delete copy.type;
    copy.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
  return copy;
}

/** Makes a validator whose code is not optimised: each schema checks so few objects that optimising would take longer. */
const ajv = () =>
  new Ajv({ strict: false, allErrors: true, validateFormats: false, code: { optimize: false } });

export type Check = (object: KubernetesObject) => string[];

const told = (errors: ErrorObject[] | null | undefined): string[] =>
  (errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );

/** The paths of the Kubernetes API for which the reference data has schemas, by `apiVersion`. */
const OPENAPI: Record<string, string> = {
  v1: 'api_v1',
  'apps/v1': 'apis_apps_v1',
  'autoscaling/v2': 'apis_autoscaling_v2',
  'discovery.k8s.io/v1': 'apis_discovery.k8s.io_v1',
  'networking.k8s.io/v1': 'apis_networking.k8s.io_v1',
};

interface Api {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly validator: Ajv;
}

function readApi(apiVersion: string): Api {
  const file = referenceFile(`schemas/k8s-openapi/${OPENAPI[apiVersion]!}.openapi-v3.json`)!;
  const { components } = JSON.parse(readFileSync(file, 'utf8'));
  const validator = ajv().addSchema({ components: closed(components) as Schema }, 'api');
  return { schemas: components.schemas, validator };
}

/**
 * The schemas in use. The test files of a process share them, because parts of many kinds, such as a pod, take seconds to
 * compile.
 */
const apis = new Map<string, Api>();

/** Makes a check of Kubernetes objects by their schemas; null if the reference data is missing. */
export function kubernetesCheck():
  | (Check & { readonly knows: (object: KubernetesObject) => boolean })
  | null {
  if (referenceFile('schemas/k8s-openapi/api_v1.openapi-v3.json') === null) return null;
  const check: Check = (object) => {
    const { apiVersion } = object;
    if (!apis.has(apiVersion)) apis.set(apiVersion, readApi(apiVersion));
    const { schemas, validator } = apis.get(apiVersion)!;
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const [name] = Object.entries(schemas).find(([, schema]) =>
      (
        schema['x-kubernetes-group-version-kind'] as
          | { group: string; kind: string; version: string }[]
          | undefined
      )?.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === object.kind),
    )!;
    const validate = validator.getSchema(`api#/components/schemas/${name}`)!;
    return validate(object) ? [] : told(validate.errors);
  };
  return Object.assign(check, { knows: (object: KubernetesObject) => object.apiVersion in OPENAPI });
}

/**
 * Makes a check of KServe objects by their CRDs; null if the reference data is missing. The test files of a process share the
 * check.
 */
export function kserveCheck(): Check | null {
  ofKserve ??= readCrds();
  return ofKserve;
}
let ofKserve: Check | null | undefined;

function readCrds(): Check | null {
  const schemas = new Map<string, ReturnType<Ajv['compile']>>();
  for (const plural of ['inferenceservices', 'inferencegraphs']) {
    const file = referenceFile(`schemas/kserve-crd/serving.kserve.io_${plural}.yaml`);
    if (file === null) return null;
    const { spec } = parse(readFileSync(file, 'utf8'));
    for (const { name, schema } of spec.versions)
      schemas.set(
        `${spec.group}/${name} ${spec.names.kind}`,
        ajv().compile(closedCrd(schema.openAPIV3Schema) as Schema),
      );
  }
  return (object) => {
    const validate = schemas.get(`${object.apiVersion} ${object.kind}`)!;
    return validate(object) ? [] : told(validate.errors);
  };
}

/**
 * Returns a CRD's schema so that it refuses fields that it does not name, except in metadata, which a CRD leaves to the API
 * server.
 */
export function closedCrd(schema: Schema): unknown {
  const copy = closed(schema) as { properties: Record<string, Schema> };
  copy.properties.metadata = { type: 'object' };
  return copy;
}
