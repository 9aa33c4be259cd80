import { Ajv } from 'ajv';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { closedCrd } from '../objects/schemas.ts';
import { StatusError, type StoredObject } from './store.ts';

interface Definition {
  readonly group: string;
  readonly names: { readonly plural: string };
  readonly versions: readonly {
    readonly name: string;
    readonly schema: { readonly openAPIV3Schema: { [key: string]: unknown } };
  }[];
}

/** A kind that a CRD defines. */
export class CustomKind {
  /** The path of the kind's collections, without their namespace. */
  readonly path: string;
  readonly #validate: ReturnType<Ajv['compile']>;

  constructor({ spec }: KubernetesObject) {
    const { group, names, versions } = spec as Definition;
    const [version] = versions;
    this.path = `apis/${group}/${version!.name}/${names.plural}`;
    const schema = closedCrd({ ...version!.schema.openAPIV3Schema, required: [] }) as object;
    this.#validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  }

  /**
   * Refuses values that the schema does not allow and, like strict validation, fields that it does not name.
   * @throws StatusError
   */
  check(object: StoredObject): void {
    if (this.#validate(object)) return;
    const text = this.#validate
      .errors!.map(({ instancePath, message }) => `${instancePath} ${message}`)
      .join(', ');
    throw new StatusError(422, 'Invalid', `${object.kind} "${object.metadata.name}" is invalid: ${text}`);
  }
}
