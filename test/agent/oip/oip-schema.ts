import { readFileSync } from 'node:fs';
import Ajv, { type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import { referenceFile } from '../../reference.ts';

/** The published descriptions of the protocol. */
export const DESCRIPTIONS = ['open_inference_rest.yaml', 'kserve_rest_predict_v2.yaml'] as const;

/** Returns the errors of a value by the protocol's schema with this name. */
type OipCheck = (schema: string, value: unknown) => ErrorObject[];

export function oipCheck(description: (typeof DESCRIPTIONS)[number]): OipCheck | null {
  const path = referenceFile(`schemas/oip-v2/${description}`);
  if (path === null) return null;
  const ajv = new Ajv({ strict: false });
  ajv.addSchema(parse(readFileSync(path, 'utf8')), 'oip');
  return (schema, value) => {
    const validate = ajv.compile({ $ref: `oip#/components/schemas/${schema}` });
    return validate(value) ? [] : validate.errors!;
  };
}
