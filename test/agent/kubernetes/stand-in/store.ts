import { randomUUID } from 'node:crypto';
import { pluralOf } from '../../../../agent/kubernetes/api.ts';
import { defaulted } from './defaults.ts';
import {
  fieldsV1,
  fieldText,
  type Json,
  type JsonObject,
  leaves,
  type Manager,
  ownable,
  setLeaf,
} from './fields.ts';

export interface StoredObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: JsonObject & { name: string; namespace: string; labels?: { [key: string]: string } };
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: StoredObject;
}

/** A refusal, which the server answers with an HTTP code and a Status object. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details: JsonObject = {},
  ) {
    super(message);
  }

  get status(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

/** Number of the latest changes that the store keeps: a watch can start only from these. */
const KEPT = 1000;

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';

/** The objects of a stand-in API server. */
export class ObjectStore {
  #version = 780;
  readonly #objects = new Map<string, StoredObject>();
  readonly #managers = new Map<string, Manager[]>();
  #changes: Change[] = [];
  #oldest = 0;
  readonly watchers = new Set<(change: Change) => void>();

  get version(): number {
    return this.#version;
  }

  /** Forgets all changes so far, so that a watch from an earlier version gets the error that it has expired. */
  compact(): void {
    this.#changes = [];
    this.#oldest = ++this.#version;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  all(prefix: string): StoredObject[] {
    return [...this.#objects].flatMap(([key, object]) => (key.startsWith(`${prefix}/`) ? [object] : []));
  }

  /** The changes after a version. @throws StatusError 410 if the store has forgotten some of them */
  since(version: number): Change[] {
    if (version < this.#oldest)
      throw new StatusError(410, 'Expired', `too old resource version: ${version} (${this.#oldest})`);
    return this.#changes.filter((change) => change.version > version);
  }

  apply(key: string, applied: StoredObject, manager: string, force: boolean, dryRun: boolean) {
    validate(applied);
    const before = this.#objects.get(key);
    checkVersion(before, applied);
    const managers = this.#managers.get(key) ?? [];
    const wanted = leaves(ownable(withoutServers(applied)));
    const had = before ? leaves(ownable(withoutServers(before))) : new Map<string, Json>();
    const conflicts = managers.flatMap((other) =>
      other.manager === manager && other.operation === 'Apply'
        ? []
        : [...wanted].flatMap(([path, value]) =>
            other.fields.has(path) && JSON.stringify(had.get(path)) !== JSON.stringify(value)
              ? [{ manager: other.manager, path }]
              : [],
          ),
    );
    if (conflicts.length > 0 && !force) throw conflict(conflicts);

    const after = structuredClone(before ?? emptied(applied));
    const own = managers.find((entry) => entry.manager === manager && entry.operation === 'Apply');
    // Removes the fields that this manager applied before and leaves out now, unless another manager owns them, too.
    for (const path of own?.fields ?? [])
      if (!wanted.has(path) && !managers.some((entry) => entry !== own && entry.fields.has(path)))
        setLeaf(after, path, undefined);
    for (const [path, value] of wanted) setLeaf(after, path, value);
    const taken = new Set(conflicts.map(({ path }) => path));
    const left = managers
      .filter((entry) => entry !== own)
      .map((entry) => ({ ...entry, fields: new Set([...entry.fields].filter((path) => !taken.has(path))) }));
    const owners: Manager[] = [...left, { manager, operation: 'Apply', fields: new Set(wanted.keys()) }];
    return this.#write(key, before, after, owners, dryRun);
  }

  create(key: string, object: StoredObject, manager: string): StoredObject {
    validate(object);
    if (this.#objects.has(key)) {
      const { kind, metadata, apiVersion } = object;
      const plural = groupOf(apiVersion) ? `${pluralOf(kind)}.${groupOf(apiVersion)}` : pluralOf(kind);
      throw new StatusError(409, 'AlreadyExists', `${plural} "${metadata.name}" already exists`);
    }
    return this.#update(key, undefined, object, manager);
  }

  replace(key: string, object: StoredObject, manager: string): StoredObject {
    validate(object);
    const before = this.#known(key);
    checkVersion(before, object);
    return this.#update(key, before, object, manager);
  }

  /** Sets the status, as controllers do. @param marks further fields of the metadata that the server sets */
  setStatus(key: string, status: JsonObject, marks: JsonObject = {}): void {
    const version = ++this.#version;
    const before = this.#known(key);
    const metadata = { ...before.metadata, ...marks, resourceVersion: String(version) };
    const object = { ...before, status, metadata };
    this.#objects.set(key, object);
    this.#tell({ type: 'MODIFIED', version, object });
  }

  remove(key: string): StoredObject {
    const object = this.#known(key);
    this.#objects.delete(key);
    this.#managers.delete(key);
    const version = ++this.#version;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#tell({ type: 'DELETED', version, object: last });
    return object;
  }

  #known(key: string): StoredObject {
    const object = this.#objects.get(key);
    if (object) return object;
    const [plural, name] = key.split('/').slice(-2);
    throw new StatusError(404, 'NotFound', `${plural} "${name}" not found`, { name: name!, kind: plural! });
  }

  #update(
    key: string,
    before: StoredObject | undefined,
    object: StoredObject,
    manager: string,
  ): StoredObject {
    const others = (this.#managers.get(key) ?? []).filter((entry) => entry.manager !== manager);
    const fields = new Set(leaves(ownable(withoutServers(object))).keys());
    const owners: Manager[] = [...others, { manager, operation: 'Update', fields }];
    return this.#write(key, before, structuredClone(object), owners, false).object;
  }

  #write(
    key: string,
    before: StoredObject | undefined,
    object: StoredObject,
    owners: readonly Manager[],
    dryRun: boolean,
  ): { object: StoredObject; created: boolean } {
    const after = defaulted(object) as StoredObject;
    const same = before && JSON.stringify(leafList(before)) === JSON.stringify(leafList(after));
    if (same) {
      if (!dryRun) this.#managers.set(key, [...owners]);
      return { object: before, created: false };
    }
    const version = this.#version + 1;
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const specChanged = JSON.stringify(before?.spec) !== JSON.stringify(after.spec);
    const { labels, annotations, ownerReferences } = after.metadata;
    after.metadata = {
      name: after.metadata.name,
      namespace: after.metadata.namespace,
      uid: before?.metadata.uid ?? randomUUID(),
      resourceVersion: String(version),
      ...(['Deployment', 'InferencePipeline'].includes(after.kind) && {
        generation: ((before?.metadata.generation as number | undefined) ?? 0) + (specChanged ? 1 : 0),
      }),
      creationTimestamp: before?.metadata.creationTimestamp ?? now,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(ownerReferences && { ownerReferences }),
      managedFields: owners.map(({ manager, operation, fields }) => ({
        manager,
        operation,
        apiVersion: after.apiVersion,
        time: now,
        fieldsType: 'FieldsV1',
        fieldsV1: fieldsV1(fields),
      })),
    };
    if (dryRun) return { object: after, created: !before };
    this.#version = version;
    this.#objects.set(key, after);
    this.#managers.set(key, [...owners]);
    this.#tell({ type: before ? 'MODIFIED' : 'ADDED', version, object: after });
    return { object: after, created: !before };
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > KEPT) this.#oldest = this.#changes.shift()!.version;
    for (const watcher of this.watchers) watcher(change);
  }
}

const leafList = (object: StoredObject) => [...leaves(ownable(withoutServers(object)))].sort();

/** Copies an object without its status and the metadata that the API server writes. */
function withoutServers({ status: _, metadata, ...rest }: StoredObject): StoredObject {
  const {
    uid: _u,
    resourceVersion: _r,
    generation: _g,
    creationTimestamp: _c,
    managedFields: _m,
    ...own
  } = metadata;
  return { ...rest, metadata: own } as StoredObject;
}

const emptied = ({ apiVersion, kind, metadata: { name, namespace } }: StoredObject): StoredObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

function conflict(conflicts: readonly { manager: string; path: string }[]): StatusError {
  const by = new Map<string, string[]>();
  for (const { manager, path } of conflicts) by.set(manager, [...(by.get(manager) ?? []), fieldText(path)]);
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
  const told = [...by].map(([manager, fields]) =>
    fields.length === 1
      ? `conflict with "${manager}": ${fields[0]}`
      : `conflicts with "${manager}":\n- ${fields.join('\n- ')}`,
  );
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${told.join('\n')}`, {
    causes: conflicts.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field: fieldText(path),
    })),
  });
}

/** Refuses a change that names another version than the stored one. @throws StatusError 409 */
function checkVersion(before: StoredObject | undefined, { kind, metadata }: StoredObject): void {
  const { name, resourceVersion } = metadata;
  if (resourceVersion === undefined || resourceVersion === before?.metadata.resourceVersion) return;
  throw new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${pluralOf(kind)} "${name}": the object has been modified; please apply your changes ` +
      'to the latest version and try again',
  );
}

function validate({ kind, apiVersion, metadata, spec }: StoredObject): void {
  const replicas = (spec as { replicas?: number } | undefined)?.replicas;
  if (kind !== 'Deployment' || replicas === undefined || replicas >= 0) return;
  const text = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw new StatusError(
    422,
    'Invalid',
    `Deployment.${groupOf(apiVersion)} "${metadata.name}" is invalid: spec.replicas: ${text}`,
    {
      name: metadata.name,
      group: groupOf(apiVersion),
      kind,
      causes: [{ reason: 'FieldValueInvalid', message: text, field: 'spec.replicas' }],
    },
  );
}
