import { InputError } from '../../solver/documents/coded-error.ts';
import { WorkerLostError } from '../../workers/runtime/errors.ts';
import type { Rollout } from './engine.ts';

/** The pipeline has no applied plan yet. */
export class NothingAppliedError extends InputError {
  override name = 'NothingAppliedError';
  constructor(pipeline: string, target: string) {
    super(`No plan of ${pipeline} is applied in ${target}. Apply one first: ipa-agent apply --plan.`);
  }
}

/** The pipeline has no earlier plan for a rollback. */
export class NoPreviousPlanError extends InputError {
  override name = 'NoPreviousPlanError';
  constructor(pipeline: string, target: string) {
    super(
      `Only one plan of ${pipeline} was ever applied in ${target}, so there is none to go back to. Apply one with --plan.`,
    );
  }
}

/** The plan to go back to has stages that the manifest of a rollback does not have. */
export class OtherStagesError extends InputError {
  override name = 'OtherStagesError';
  constructor(pipeline: string, stages: readonly string[]) {
    super(
      `The plan to go back to has the stages ${stages.join(', ')}, which the manifest of ${pipeline} does not have. Give the manifest ` +
        'of that plan with --manifest.',
    );
  }
}

/** The replicas of an engine cannot run a plan. */
export class NotDeployableError extends InputError {
  override name = 'NotDeployableError';
  constructor(reason: string) {
    super(
      `This plan cannot run on a cluster: ${reason}. Profile on the machines that will serve (ipa-agent profile ` +
        '--target) and plan with that profile.',
    );
  }
}

/** The replicas, threads or cores of a plan contradict the plan's own list of workers. */
export class EditedPlanError extends InputError {
  override name = 'EditedPlanError';
  constructor(contradictions: readonly string[]) {
    super(
      `This plan contradicts itself, because it was edited: ${contradictions.join('; ')}. Plan again for the cores that it may hold: ` +
        'ipa-edge plan --cores.',
    );
  }
}

/** The plan that was to be replaced is no longer stored, because another process has applied a plan meanwhile. */
export class PlanReplacedError extends Error {
  override name = 'PlanReplacedError';
  constructor(pipeline: string, target: string, options?: ErrorOptions) {
    super(
      `Another process has stored another plan of ${pipeline} in ${target} meanwhile. That plan stays; to replace it, ` +
        'try again.',
      options,
    );
  }
}

/** The pods that a plan wants do not exist: they hold other groups of stages, or have other names. */
export class OtherPodsError extends InputError {
  override name = 'OtherPodsError';
  constructor(why: string) {
    super(
      `The plan needs other pods. ${why}. Apply such a plan with ipa-agent apply, and remove the old pods with --prune once the ` +
        'new ones serve.',
    );
  }
}

/** Some replicas or gateways of an applied plan did not serve in time. */
export class NotServingError extends Error {
  override name = 'NotServingError';
  constructor(pipeline: string, { ready, wanted, waits }: Rollout) {
    super(
      `${wanted - ready} of ${wanted} pods do not serve the plan yet: ${waits.join('; ') || 'they are starting'}. The plan stays ` +
        `applied. To go back: ipa-agent apply --rollback ${pipeline}.`,
    );
  }
}

/** No replica of a stage is ready and free. */
export class NoReplicaError extends Error {
  override name = 'NoReplicaError';
  constructor(stage: string) {
    super(
      `Stage ${stage} has no replica that is ready and free. If this lasts, look at the logs of its pods.`,
    );
  }
}

/** A replica that the engine lists does not answer. */
export class ReplicaSilentError extends WorkerLostError {
  override name = 'ReplicaSilentError';
}
