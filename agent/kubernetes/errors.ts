import { InputError } from '../../solver/documents/coded-error.ts';

/** The Kubernetes API server refused a request. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    /** HTTP status, e.g. 404. */
    readonly status: number,
    /** Reason in the API's response, e.g. `NotFound`. */
    readonly reason: string,
    text: string,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}

/** The plan sets a field that another field manager owns with another value. */
export class FieldConflictError extends ApiError {
  override name = 'FieldConflictError';
  constructor(
    object: string,
    /** Each conflict's field, e.g. `.spec.replicas`, and the manager that owns it. */
    readonly conflicts: readonly { readonly field: string; readonly manager: string }[],
  ) {
    super(
      409,
      'Conflict',
      `Other tools manage fields of ${object}: ${conflicts
        .map(({ field, manager }) => `${field} by ${manager}`)
        .join(', ')}. Have them give the fields up, or take the fields over with --force.`,
    );
  }
}

/** Another process has changed or created the object meanwhile. */
export class ChangedMeanwhileError extends ApiError {
  override name = 'ChangedMeanwhileError';
  constructor(reason: string, text: string) {
    super(409, reason, text);
  }
}

/** The API server rejects an object as invalid. */
export class InvalidObjectError extends ApiError {
  override name = 'InvalidObjectError';
}

/** The API server rejects the credentials. */
export class UnauthorizedError extends ApiError {
  override name = 'UnauthorizedError';
  constructor(reason: string, text: string) {
    super(401, reason, `${text} Renew the credentials of the kubeconfig, or use another context.`);
  }
}

/** The credentials do not permit the request. */
export class ForbiddenError extends ApiError {
  override name = 'ForbiddenError';
  constructor(reason: string, text: string) {
    super(403, reason, `${text} Give the account of the kubeconfig that right, or use another context.`);
  }
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
  readonly reason?: string;
  readonly details?: {
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
  };
}

/** Makes the error for an HTTP status of 400 or more. @param what name of the requested object in messages */
export function apiError(code: number, body: string, what: string): ApiError {
  const status = statusOf(body);
  const reason = status.reason ?? '';
  const text = `${what}: ${status.message ?? `the API server answered ${code}`}`;
  if (code === 409) {
    const conflicts = (status.details?.causes ?? []).flatMap(({ reason, message, field }) =>
      reason === 'FieldManagerConflict'
        ? [{ field: field ?? '', manager: /"([^"]+)"/.exec(message ?? '')?.[1] ?? 'another manager' }]
        : [],
    );
    return conflicts.length > 0
      ? new FieldConflictError(what, conflicts)
      : new ChangedMeanwhileError(reason, text);
  }
  if (code === 410) return new ExpiredError(code, reason, text);
  if (code === 401) return new UnauthorizedError(reason, `${text}.`);
  if (code === 403) return new ForbiddenError(reason, `${text}.`);
  if (code === 422 || code === 400) return new InvalidObjectError(code, reason, text);
  return new ApiError(code, reason, text);
}

function statusOf(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' ? (value as Status) : {};
  } catch {
    return { message: body.slice(0, 400) };
  }
}
