import type { Plan } from '../../../solver/documents/plan.ts';
import { ReplicaTelemetry } from '../../http/telemetry.ts';
import { UnknownModelError } from '../../service/errors.ts';
import { StageService, type StageServiceOptions } from './stage-service.ts';

/** The stages that a replica holds: one, or several where stages of a plan share a worker. */
export class HeldStages {
  private constructor(
    readonly services: readonly StageService[],
    readonly telemetry: ReplicaTelemetry,
    readonly log: (line: string) => void,
  ) {}

  /**
   * Resolves when the variant of each stage is loaded and warmed up.
   * @param stages names of the plan's rows that the replica holds
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError, and the signal's reason when it is aborted
   */
  static async start(
    stages: readonly string[],
    options: Omit<StageServiceOptions, 'stage' | 'onBatch'>,
  ): Promise<HeldStages> {
    const telemetry = new ReplicaTelemetry(stages);
    const started = await Promise.allSettled(
      stages.map((stage) => StageService.start({ ...options, stage, onBatch: telemetry.batch })),
    );
    const services = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.find((one) => one.status === 'rejected');
    if (!failed) return new HeldStages(services, telemetry, options.onEvent);
    for (const service of services) service.close();
    throw failed.reason;
  }

  get ready(): boolean {
    return this.services.every(({ ready }) => ready);
  }

  /** @throws UnknownModelError */
  of(stage: string): StageService {
    const service = this.services.find(({ name }) => name === stage);
    if (service) return service;
    throw new UnknownModelError(
      `stage ${stage}`,
      this.services.map(({ name }) => name),
    );
  }

  /** Refuses new batches; resolves when the running ones have ended. */
  async drain(): Promise<void> {
    await Promise.all(this.services.map((service) => service.drain()));
  }

  close(): void {
    for (const service of this.services) service.close();
  }
}

/**
 * Returns the plan with only the workers that one replica of these stages needs, so that a check against the replica's machine
 * does not count the plan's other workers.
 */
export const heldPart = (plan: Plan, stages: readonly string[]): Plan => ({
  ...plan,
  workers: plan.stages
    .filter(({ name }) => stages.includes(name))
    .map(({ name, backend, threads }) => ({ id: name, backend, threads, stages: [name] })),
});
