import type { KubernetesApi } from '../api.ts';
import type { KubernetesObject } from '../objects/types.ts';
import {
  CONDITIONS,
  type Condition,
  type ConditionType,
  RESOURCE,
  type ResourceStatus,
  TEXT_LETTERS_MAX,
} from './schema.ts';

/** The state of a condition, with a reason and a message for people. */
type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

/**
 * Returns the conditions after one of them has changed. If the changed condition is not true, the conditions that require it
 * become unknown. A condition keeps the time of its last transition while its status stays the same.
 * @param generation the generation of the spec that the changed conditions refer to
 */
export function withCondition(
  before: readonly Condition[],
  type: ConditionType,
  said: Said,
  generation: number,
  now: string,
): Condition[] {
  const place = CONDITIONS.indexOf(type);
  const waits: Said = { status: 'Unknown', reason: 'Waiting', message: `It waits for ${type}.` };
  return CONDITIONS.flatMap((of, i): Condition[] => {
    const old = before.find((one) => one.type === of);
    const stays = i < place || (i > place && said.status === 'True');
    if (stays) return old ? [old] : [];
    const { status, reason, message } = i === place ? said : waits;
    return [
      {
        type: of,
        status,
        reason,
        message: message.slice(0, TEXT_LETTERS_MAX),
        lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
        observedGeneration: generation,
      },
    ];
  });
}

/** Writes the status of one generation of an object, but only if the status changes. */
export class StatusWriter {
  #status: ResourceStatus;
  readonly #generation: number;

  constructor(
    private readonly api: KubernetesApi,
    private readonly object: KubernetesObject,
  ) {
    this.#generation = (object.metadata.generation as number | undefined) ?? 0;
    this.#status = (object.status ?? {}) as ResourceStatus;
  }

  /** Sets a condition, and writes the status if it changes. @param more other fields of the status that change */
  async say(type: ConditionType, said: Said, more: Partial<ResourceStatus> = {}): Promise<void> {
    const { conditions: before = [] } = this.#status;
    const conditions = withCondition(before, type, said, this.#generation, new Date().toISOString());
    const status: ResourceStatus = {
      ...this.#status,
      ...more,
      ...(more.plan !== undefined && { plan: more.plan.slice(0, TEXT_LETTERS_MAX) }),
      // Tools that wait for Ready take it for that of this generation, so it must not be one that an older spec left.
      observedGeneration: Math.min(...conditions.map((one) => one.observedGeneration)),
      conditions,
    };
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
    const { name, namespace } = this.object.metadata;
    await this.api.applyStatus({
      ...RESOURCE,
      metadata: { name, ...(namespace !== undefined && { namespace }) },
      status,
    });
    this.#status = status;
  }
}
