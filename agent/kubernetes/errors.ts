import { InputError } from '../../solver/documents/coded-error.ts';

/** The Kubernetes API server refused a request. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    /** HTTP status, e.g. 404. */
    readonly status: number,
    text: string,
  ) {
    super(text);
  }
}

/** A field of an object, and the tool that manages it. */
export interface ManagedField {
  /** The field's path as the API server writes it, e.g. `.spec.replicas`. */
  readonly field: string;
  readonly manager: string;
}

/** Other tools manage fields that server-side apply would change. */
export class FieldsManagedError extends ApiError {
  override name = 'FieldsManagedError';
  constructor(
    what: string,
    readonly fields: readonly ManagedField[],
  ) {
    const each = fields.map(({ field, manager }) => `${field} by ${manager}`);
    super(
      409,
      `Other tools manage fields of ${what}: ${each.join(', ')}. Have them give the fields up, or take the fields over with --force.`,
    );
  }
}

/** An object that a pipeline needs belongs to another pipeline of the namespace. */
export class OtherPipelineError extends InputError {
  override name = 'OtherPipelineError';
  constructor(what: string, pipeline: string, other: string) {
    super(
      `${what} serves the pipeline ${other}, and ${pipeline} needs an object of the same name. Nothing was changed. Serve ${pipeline} in ` +
        'another namespace.',
    );
  }
}

/** Another process has changed or created the object meanwhile. */
export class ChangedMeanwhileError extends ApiError {
  override name = 'ChangedMeanwhileError';
}

/** The version from which a watch starts is too old for the API server: the objects must be listed again. */
export class ExpiredError extends ApiError {
  override name = 'ExpiredError';
}

/** The API server does not answer. */
export class ClusterUnreachableError extends Error {
  override name = 'ClusterUnreachableError';
  constructor(server: string, cause: unknown) {
    super(
      `The Kubernetes API server at ${server} does not answer (${cause instanceof Error ? cause.message : cause}). ` +
        'Is the cluster up, and the kubeconfig right?',
      { cause },
    );
  }
}

/** An answer, or a line of one, is longer than any that the agent expects. */
export class AnswerTooLongError extends Error {
  override name = 'AnswerTooLongError';
  constructor(what: string, lettersMax: number) {
    super(`${what} is longer than ${lettersMax} characters. Check which image its pod runs.`);
  }
}

/** Whether the API server, or the node that it asked, fails or is busy for now, so that the same request may succeed later. */
export const isOutage = (error: unknown): boolean =>
  error instanceof ClusterUnreachableError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** The optional package that reads kubeconfigs is not installed. */
export class KubernetesClientMissingError extends Error {
  override name = 'KubernetesClientMissingError';
  constructor(cause: unknown) {
    super(
      'The optional package @kubernetes/client-node is missing: npm install @kubernetes/client-node@1.4.0',
      {
        cause,
      },
    );
  }
}

/** A profile does not fit in a ConfigMap, even compressed. */
export class ProfileTooLargeError extends InputError {
  override name = 'ProfileTooLargeError';
  constructor(bytes: number) {
    super(
      `The compressed profile takes ${bytes} bytes, which is more than a ConfigMap holds. Profile with fewer backends or batch ` +
        'sizes, or run ipa-agent watch outside the cluster.',
    );
  }
}

/** KServe does not run plans that have cascades. */
export class CascadeUnsupportedError extends InputError {
  override name = 'CascadeUnsupportedError';
  constructor(stages: readonly string[]) {
    super(
      "A KServe graph cannot send some items of a response to a stage's heavy variant, and the plan has a cascade in " +
        `${stages.join(', ')}. Plan with one variant for each stage: ipa-edge plan --no-cascades.`,
    );
  }
}

/** A folder to export to has objects of an earlier export, in files that this export does not replace. */
export class EarlierExportError extends InputError {
  override name = 'EarlierExportError';
  constructor(folder: string, files: readonly string[]) {
    super(
      `${folder} has files of an earlier export, which would be applied with this one: ${files.join(', ')}. ` +
        'Delete them, or choose another folder with --out.',
    );
  }
}

/** The nodes of a cluster have no room for a plan's pods. */
export class NoRoomError extends Error {
  override name = 'NoRoomError';
  constructor(readonly missing: readonly string[]) {
    super(
      `The cluster has no room for ${missing.join('; ')}. Nothing was changed. Plan for fewer cores, make room, or apply ` +
        'the plan with --allow-pending if the cluster adds nodes for pods that wait.',
    );
  }
}

/** No gateway of a pipeline answers. */
export class NoGatewayError extends Error {
  override name = 'NoGatewayError';
  constructor(pipeline: string, namespace: string) {
    super(
      `No gateway of ${pipeline} answers, so the arrival rate is unknown. Check that its pods run: ` +
        `kubectl get pods -n ${namespace}.`,
    );
  }
}

/** The kubeconfig has no usable context. */
export class NoClusterError extends InputError {
  override name = 'NoClusterError';
  constructor(why: string, options?: ErrorOptions) {
    super(
      `There is no cluster to talk to: ${why}. Give --kubeconfig, or set KUBECONFIG, and choose a context.`,
      options,
    );
  }
}

interface Status {
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
  };
}

/** Advice to the user, by the HTTP status of the error. */
const REMEDIES: Readonly<Record<number, string>> = {
  401: 'Renew the credentials of the kubeconfig, or use another context.',
  403: 'Give the account of the kubeconfig that right, or use another context.',
  404: 'Check --namespace, and that the cluster has objects of this kind.',
  429: 'Try again.',
  500: 'Try again.',
  503: 'Try again.',
};

/** Matches the message on a right that the account lacks. Quotas and admission webhooks answer with 403, too. */
const LACKS_RIGHT = /\bcannot \S+ (resource|path)\b|\bgrant RBAC permissions\b/;

/** Makes the error for an HTTP status of 400 or more. @param what name of the requested object in messages */
export function apiError(code: number, body: string, what: string): ApiError {
  const status = statusOf(body);
  const text = `${what}: ${status.message ?? `the API server answered ${code}`}`;
  if (code === 409) {
    const fields = (status.details?.causes ?? []).flatMap(({ reason, message, field = '' }) =>
      reason === 'FieldManagerConflict'
        ? [{ field, manager: /"([^"]+)"/.exec(message ?? '')?.[1] ?? 'another manager' }]
        : [],
    );
    return fields.length === 0 ? new ChangedMeanwhileError(code, text) : new FieldsManagedError(what, fields);
  }
  if (code === 410) return new ExpiredError(code, text);
  const remedy = code === 403 && !LACKS_RIGHT.test(text) ? undefined : REMEDIES[code];
  return new ApiError(code, remedy === undefined ? text : `${text}. ${remedy}`);
}

function statusOf(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' ? (value as Status) : {};
  } catch {
    return { message: body.slice(0, 400) };
  }
}
