import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../solver/documents/document.ts';
import { PLAN, type Plan, planSchema } from '../../solver/documents/plan.ts';
import { canonicalJson } from '../../workers/store/canonical.ts';
import { type Change, changesOf } from './changes.ts';
import type { ApplyOptions, Cluster } from './cluster.ts';
import { ChangedMeanwhileError } from './errors.ts';
import {
  kubernetesObjects,
  objectNames,
  ownLabels,
  PREVIOUS_KEY,
  planObject,
  SETTINGS,
} from './export/objects.ts';
import { PLAN_KEY, TOKEN_KEY } from './export/pods.ts';
import type { ClusterSettings, KubernetesObject, PipelineFacts } from './export/types.ts';

/** There is no plan to go back to. */
export class NoPreviousPlanError extends Error {
  override name = 'NoPreviousPlanError';
  constructor(pipeline: string, namespace: string) {
    super(
      `Namespace ${namespace} has no plan of ${pipeline} before the one that serves: apply one with --plan.`,
    );
  }
}

/** What became, or would become, of an object. */
export interface Applied {
  readonly object: KubernetesObject;
  readonly state: 'created' | 'changed' | 'unchanged' | 'pruned';
  readonly changes: readonly Change[];
}

export interface Deployed {
  readonly facts: PipelineFacts;
  readonly settings: ClusterSettings;
}

export interface PlanApplyOptions extends ApplyOptions {
  /** Removes what earlier plans have left. */
  readonly prune?: boolean;
}

/**
 * Makes a cluster serve a plan. Nothing is changed before the server has taken all of it on trial; a second time changes
 * nothing.
 * @throws NotDeployableError, FieldConflictError, InvalidObjectError and other kinds of ApiError, ClusterUnreachableError
 */
export async function applyPlan(
  cluster: Cluster,
  plan: Plan,
  { facts, settings }: Deployed,
  { force = false, dryRun = false, prune = false }: PlanApplyOptions = {},
): Promise<Applied[]> {
  const objects = await withPrevious(cluster, plan, settings, kubernetesObjects(plan, facts, settings));
  const trial = await applyAll(cluster, objects, { force, dryRun: true });
  const unwanted = prune ? await leftOver(cluster, plan.pipeline, settings, objects) : [];
  const token = await ensureToken(cluster, plan.pipeline, settings.namespace, dryRun);
  const applied = dryRun ? trial : await applyAll(cluster, objects, { force });
  if (!dryRun) for (const object of unwanted) await cluster.remove(object);
  return [
    ...token,
    ...applied,
    ...unwanted.map((object): Applied => ({ object, state: 'pruned', changes: [] })),
  ];
}

/** What a cluster serves of a pipeline; null: nothing. */
export interface Served {
  readonly serving: Plan | null;
  /** The plan before it. */
  readonly previous: Plan | null;
  /** What it was applied with. */
  readonly settings: ClusterSettings | null;
}

const settingsSchema = z.object({
  image: z.string().min(1),
  manifest: z.string().min(1),
  modelsClaim: z.string().min(1).nullable().default(null),
  nodeSelector: z.record(z.string(), z.string()),
});

/** @throws InvalidDocumentError where somebody has spoilt it */
export async function servedBy(cluster: Cluster, pipeline: string, namespace: string): Promise<Served> {
  const ref = planRef(pipeline, namespace);
  const object = await cluster.read(ref);
  const source = (key: string) => `ConfigMap ${ref.metadata.name}, ${key}`;
  const data = (object?.data ?? {}) as Record<string, string>;
  const planAt = (key: string) =>
    data[key] === undefined ? null : parseJson(planSchema, data[key], source(key), PLAN);
  const settings = object?.metadata.annotations?.[SETTINGS];
  return {
    serving: planAt(PLAN_KEY),
    previous: planAt(PREVIOUS_KEY),
    settings:
      settings === undefined ? null : { namespace, ...parseJson(settingsSchema, settings, source(SETTINGS)) },
  };
}

/** Whether two plans say the same, whoever wrote them and in whatever order. */
export const samePlan = (a: Plan, b: Plan): boolean => canonicalJson(a) === canonicalJson(b);

/** The config map of a pipeline's plan. */
export const planRef = (pipeline: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: objectNames(pipeline).plan, namespace },
});

/** The plan that a rollback goes to. @throws NoPreviousPlanError */
export async function previousPlan(cluster: Cluster, pipeline: string, namespace: string): Promise<Plan> {
  const { previous } = await servedBy(cluster, pipeline, namespace);
  if (previous === null) throw new NoPreviousPlanError(pipeline, namespace);
  return previous;
}

/** Keeps the plan that serves beside the new one, unless they are the same. */
async function withPrevious(
  cluster: Cluster,
  plan: Plan,
  settings: ClusterSettings,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const { serving, previous } = await servedBy(cluster, plan.pipeline, settings.namespace);
  const kept = serving !== null && !samePlan(serving, plan) ? serving : previous;
  if (kept === null) return [...objects];
  const withKept = planObject(plan, settings, kept);
  return objects.map((object) => (object.metadata.name === withKept.metadata.name ? withKept : object));
}

async function applyAll(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  options: ApplyOptions,
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const object of objects) {
    const before = await cluster.read(object);
    const after = await cluster.apply(object, options);
    const changes = before === null ? [] : changesOf(before, after);
    const state = before === null ? 'created' : changes.length > 0 ? 'changed' : 'unchanged';
    applied.push({ object, state, changes });
  }
  return applied;
}

const tokenRef = (pipeline: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: objectNames(pipeline).token, namespace },
});

/** What lets the pods of a pipeline be changed; undefined where nothing was applied. @throws ApiError and its kinds */
export async function tokenOf(
  cluster: Cluster,
  pipeline: string,
  namespace: string,
): Promise<string | undefined> {
  const secret = await cluster.read(tokenRef(pipeline, namespace));
  const data = (secret?.data as Record<string, string> | undefined)?.[TOKEN_KEY];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}

/** What lets a plan be changed in the pods: made once, at random, and never shown. */
async function ensureToken(
  cluster: Cluster,
  pipeline: string,
  namespace: string,
  dryRun: boolean,
): Promise<Applied[]> {
  const ref = tokenRef(pipeline, namespace);
  const metadata = { ...ref.metadata, labels: ownLabels(pipeline) };
  const secret = { ...ref, metadata, type: 'Opaque' };
  if ((await cluster.read(secret)) !== null) return [{ object: secret, state: 'unchanged', changes: [] }];
  if (!dryRun) {
    const token = randomBytes(32).toString('base64url');
    await cluster
      .create({ ...secret, data: { [TOKEN_KEY]: Buffer.from(token).toString('base64') } })
      .catch((error) => {
        // Somebody else was quicker; theirs is as good.
        if (!(error instanceof ChangedMeanwhileError)) throw error;
      });
  }
  return [{ object: secret, state: 'created', changes: [] }];
}

/** Objects of the pipeline that no object of the plan is. */
async function leftOver(
  cluster: Cluster,
  pipeline: string,
  { namespace }: ClusterSettings,
  wanted: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;
  const keys = new Set(wanted.map(key));
  const kinds = new Map(wanted.map(({ apiVersion, kind }) => [kind, apiVersion]));
  const lists = await Promise.all(
    [...kinds].map(([kind, apiVersion]) =>
      cluster.list({ apiVersion, kind, namespace, labels: ownLabels(pipeline) }),
    ),
  );
  return lists.flatMap(({ items }) => items.filter((object) => !keys.has(key(object))));
}
