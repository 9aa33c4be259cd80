import { takeInTurn } from '../../../models/items/item-batch.ts';
import type { Plan, PlanStage, PlanWorker } from '../../../solver/documents/plan.ts';
import type { Bench, OverheadWorker } from '../types.ts';

interface Member extends OverheadWorker {
  readonly planWorker: PlanWorker;
}

/** How long a round took, and how long each batch of each stage took, listed once for each worker of the stage. */
export interface BareRound {
  readonly ms: number;
  readonly times: readonly (readonly [stage: string, ms: readonly number[]])[];
}

/** Workers as a plan lays them out, with bare sessions. Workers run side by side; the sessions of one worker take turns. */
export class BareCrew {
  /** The number of each prepared batch, by worker, stage and size. */
  readonly #prepared = new Map<string, Promise<number>>();

  private constructor(
    private readonly bench: Bench,
    private readonly plan: Plan,
    readonly members: readonly Member[],
  ) {}

  static async start(bench: Bench, plan: Plan): Promise<BareCrew> {
    const { models, spawn } = bench;
    const members: Member[] = [];
    const crew = new BareCrew(bench, plan, members);
    try {
      for (const planWorker of plan.workers) {
        const member = { ...(await spawn(`bare-${planWorker.id}`, planWorker.threads)), planWorker };
        members.push(member);
        for (const name of planWorker.stages) {
          const { stage, planned } = crew.#stage(name);
          const { variant } = models.pipeline.stage(stage.name);
          const { model } = await models.readModels(variant(planned.variant));
          await member.bare.bareLoad(name, model!, planned.backend, planWorker.threads);
        }
      }
    } catch (error) {
      crew.close();
      throw error;
    }
    return crew;
  }

  /** Runs so many items of each stage of the plan, in full batches and a last one with the rest. */
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
   * Runs the items that one replica of each stage gets of a request, stage after stage. Returns the sum of the batches' times, in ms.
   * @param plan has the sessions of this crew; its batch sizes are used
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
    const prepared =
      this.#prepared.get(key) ?? bare.barePrepare(name, stage, takeInTurn(this.bench.items[index]!, 0, size));
    this.#prepared.set(key, prepared);
    return prepared;
  }

  #stage(name: string) {
    const { stages } = this.bench.models.manifest;
    const index = stages.findIndex((stage) => stage.name === name);
    return { index, stage: stages[index]!, planned: this.plan.stages[index] as PlanStage };
  }
}
