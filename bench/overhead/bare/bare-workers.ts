import { takeInTurn } from '../../../models/items/item-batch.ts';
import type { Plan, PlanStage, PlanWorker } from '../../../solver/documents/plan.ts';
import { getOrMake } from '../../../solver/math/maps.ts';
import type { Bench, OverheadWorker } from '../types.ts';

interface Member extends OverheadWorker {
  readonly planWorker: PlanWorker;
}

/** Duration of a round, and of each batch by stage. A stage with several workers is listed once for each. */
interface BareRound {
  readonly ms: number;
  readonly times: readonly (readonly [stage: string, ms: readonly number[]])[];
}

/** Bare sessions in workers that are laid out as in a plan. Workers run in parallel; sessions in one worker take turns. */
export class BareWorkers {
  /** Index of each prepared batch in its worker, by worker, stage and size. */
  readonly #prepared = new Map<string, Promise<number>>();

  private constructor(
    private readonly bench: Bench,
    private readonly plan: Plan,
    readonly members: readonly Member[],
  ) {}

  static async start(bench: Bench, plan: Plan): Promise<BareWorkers> {
    const { models, spawn } = bench;
    const members: Member[] = [];
    const workers = new BareWorkers(bench, plan, members);
    try {
      for (const planWorker of plan.workers) {
        const member = { ...(await spawn(`bare-${planWorker.id}`, planWorker.threads)), planWorker };
        members.push(member);
        for (const name of planWorker.stages) {
          const { stage, planned } = workers.#stage(name);
          const { variant } = models.pipeline.stage(stage.name);
          const { model } = await models.readModels(variant(planned.variant));
          await member.bare.bareLoad(name, model!, planned.backend, planWorker.threads);
        }
      }
    } catch (error) {
      workers.close();
      throw error;
    }
    return workers;
  }

  /** Runs the given number of items of each stage, in full batches and a last batch with the rest. */
  async round(itemCounts: readonly number[]): Promise<BareRound> {
    const loops = await Promise.all(
      this.members.map(async (member) => ({
        member,
        stages: await Promise.all(
          member.planWorker.stages.map(async (name) => {
            const { index, planned } = this.#stage(name);
            const { batch, replicas } = planned;
            const share = Math.round(itemCounts[index]! / replicas);
            const whole = Array<number>(Math.floor(share / batch));
            const batches = whole.fill(await this.#prepare(member, name, batch));
            if (share % batch) batches.push(await this.#prepare(member, name, share % batch));
            return { name, batches };
          }),
        ),
      })),
    );
    const times: [string, number[]][] = [];
    const start = performance.now();
    await Promise.all(
      loops.map(async ({ member, stages }) => {
        for (const { name, batches } of stages) times.push([name, await member.bare.bareRun(name, batches)]);
      }),
    );
    return { ms: performance.now() - start, times };
  }

  /**
   * Runs one replica's share of a request's items, stage by stage. Returns the sum of the batches' times, in ms.
   * @param plan a plan with the same sessions as these workers, whose batch sizes are used
   */
  async request(itemCounts: readonly number[], { stages }: Plan): Promise<number> {
    let ms = 0;
    for (const [index, { name, batch, replicas }] of stages.entries()) {
      const member = this.members.find(({ planWorker }) => planWorker.stages.includes(name))!;
      const share = Math.ceil(itemCounts[index]! / replicas);
      const sizes = Array.from({ length: Math.ceil(share / batch) }, (_, i) =>
        Math.min(batch, share - i * batch),
      );
      const batches = await Promise.all(sizes.map((size) => this.#prepare(member, name, size)));
      for (const time of await member.bare.bareRun(name, batches)) ms += time;
    }
    return ms;
  }

  close(): void {
    for (const { worker } of this.members) worker.terminate();
  }

  #prepare({ bare, planWorker }: Member, name: string, size: number): Promise<number> {
    const key = `${planWorker.id}/${name}/${size}`;
    const { index, stage } = this.#stage(name);
    return getOrMake(this.#prepared, key, () =>
      bare.barePrepare(name, stage, takeInTurn(this.bench.items[index]!, 0, size)),
    );
  }

  #stage(name: string) {
    const { stages } = this.bench.models.manifest;
    const index = stages.findIndex((stage) => stage.name === name);
    return { index, stage: stages[index]!, planned: this.plan.stages[index] as PlanStage };
  }
}
