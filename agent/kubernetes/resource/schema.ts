import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import { CORES_MAX, PERCENTILE_RANGE } from '../../../solver/documents/plan.ts';
import { DEFAULT_PERCENTILE } from '../../../solver/plan/request.ts';
import type { KubernetesObject } from '../objects/types.ts';
import { toleration } from '../settings.ts';

const GROUP = 'ipa-edge.dev';
const VERSION = 'v1alpha1';
export const RESOURCE = { apiVersion: `${GROUP}/${VERSION}`, kind: 'InferencePipeline' } as const;

const specFields = z.strictObject({
  slaMs: z.number().positive().max(3_600_000).describe('Bound on the latency of a request, in ms.'),
  percentile: z
    .number()
    .min(PERCENTILE_RANGE.least)
    .max(PERCENTILE_RANGE.most)
    .default(DEFAULT_PERCENTILE)
    .describe('Percentile of the latency that the SLA bounds.'),
  ratePerS: z.number().positive().max(1_000_000).describe('Requests per second to plan for.'),
  adapt: z.boolean().default(true).describe('Whether later plans follow the load.'),
  body: z
    .enum(['binary', 'json'])
    .default('binary')
    .describe(
      'How requests carry their items: as binary tensors, or in JSON, which takes the gateways longer.',
    ),
  downshift: z
    .boolean()
    .default(true)
    .describe(
      'Whether workers also hold lighter variants, which answer in a burst. Pods ask for more memory then.',
    ),
  cores: positiveCount
    .max(CORES_MAX)
    .optional()
    .describe('Cores that plans may use; by default those of the node that was profiled, but one.'),
  image: z.string().min(1).max(500).optional().describe('Image of the pods.'),
  manifest: z.string().min(1).max(500).optional().describe('Path of the manifest in the image.'),
  modelsClaim: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Volume claim with manifest.json and its files.'),
  nodeSelector: z
    .record(z.string(), z.string())
    .optional()
    .describe('Labels of the nodes to run on. If they change, the models are measured again.'),
  pullSecrets: z
    .array(z.string().min(1).max(253))
    .max(16)
    .optional()
    .describe('Secrets to pull the image with.'),
  tolerations: z
    .array(toleration)
    .max(64)
    .optional()
    .describe('Taints that the pods tolerate; without a value, any value.'),
  priorityClass: z.string().min(1).max(253).optional().describe('PriorityClass of the pods.'),
  gateways: positiveCount
    .max(1000)
    .optional()
    .describe('Number of gateways, by default 2; the loss of one of several is no outage.'),
  monitor: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe(
      'Namespace of the Prometheus that reads the metrics of all pods, by the PodMonitor of its operator.',
    ),
  profile: z
    .strictObject({
      backends: z
        .array(z.enum(['cpu', 'webgpu', 'cuda']))
        .min(1)
        .max(3)
        .default(['cpu']),
      threads: z.array(positiveCount.max(1024)).min(1).max(16).default([1]),
      batches: z.array(positiveCount.max(64)).min(1).max(16).default([1, 2, 4, 8, 16]),
      budgetS: z
        .number()
        .positive()
        .max(86_400)
        .default(120)
        .describe('Longest time for measuring, in seconds.'),
    })
    .prefault({})
    .describe('What a profile of the models measures. The models are measured again if this changes.'),
});

const TWO_MANIFESTS = 'expected no path in the image beside modelsClaim, which has manifest.json at its root';

/**
 * The spec of an InferencePipeline: a user's demands on a pipeline that a cluster serves. The object's name is the pipeline's, or
 * what `kubernetesName` makes of it.
 */
export const resourceSpec = specFields.refine(
  ({ manifest, modelsClaim }) => manifest === undefined || modelsClaim === undefined,
  { path: ['manifest'], message: TWO_MANIFESTS },
);
export type ResourceSpec = z.infer<typeof resourceSpec>;

/** The progress of a pipeline: each condition requires the one before it. */
export const CONDITIONS = ['Profiled', 'Planned', 'Ready'] as const;
export type ConditionType = (typeof CONDITIONS)[number];

/** The most characters of a text in the status, by the CRD's schema; the status writer cuts longer texts. */
export const TEXT_LETTERS_MAX = 2000;

const condition = z.strictObject({
  type: z.enum(CONDITIONS),
  status: z.enum(['True', 'False', 'Unknown']),
  /** One word in upper camel case. */
  reason: z.string().min(1).max(100),
  message: z.string().max(TEXT_LETTERS_MAX),
  lastTransitionTime: z.iso.datetime(),
  observedGeneration: z.int().nonnegative(),
});
export type Condition = z.infer<typeof condition>;

const resourceStatus = z.strictObject({
  observedGeneration: z.int().nonnegative().optional(),
  conditions: z.array(condition).max(CONDITIONS.length).optional(),
  profileSha256: z.string().optional(),
  /** The applied plan, in one line. */
  plan: z.string().max(TEXT_LETTERS_MAX).optional(),
  /** The rate that the applied plan was made for, in requests per second. */
  plannedRatePerS: z.number().nonnegative().optional(),
});
export type ResourceStatus = z.infer<typeof resourceStatus>;

/**
 * Makes the structural schema in OpenAPI 3.0 that a CRD requires. `additionalProperties: false` is left out, because a structural
 * schema must not have it: the API server itself drops unknown fields.
 */
const structural = (schema: z.ZodType) =>
  z.toJSONSchema(schema, {
    io: 'input',
    target: 'openapi-3.0',
    override({ jsonSchema }) {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });

const column = (name: string, type: string, jsonPath: string) => ({ name, type, jsonPath });
const statusOf = (type: ConditionType): string => `.status.conditions[?(@.type=="${type}")].status`;

export const resourceDefinition = (): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `inferencepipelines.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: {
      kind: RESOURCE.kind,
      listKind: `${RESOURCE.kind}List`,
      plural: 'inferencepipelines',
      singular: 'inferencepipeline',
      shortNames: ['ipl'],
    },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          column('SLA ms', 'number', '.spec.slaMs'),
          column('Rate', 'number', '.status.plannedRatePerS'),
          column('Plan', 'string', '.status.plan'),
          column('Planned', 'string', statusOf('Planned')),
          column('Ready', 'string', statusOf('Ready')),
          column('Age', 'date', '.metadata.creationTimestamp'),
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description:
              'A pipeline to serve within an SLA. Its name is that of the pipeline or, if Kubernetes does not take that name, the one that watch logs.',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: {
                ...structural(resourceSpec),
                // The schema cannot express this rule, so the API server evaluates it as CEL.
                'x-kubernetes-validations': [
                  {
                    rule: '!(has(self.manifest) && has(self.modelsClaim))',
                    message: `manifest: ${TWO_MANIFESTS}`,
                  },
                ],
              },
              status: structural(resourceStatus),
            },
          },
        },
      },
    ],
  },
});
