import { takeInTurn } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { type StageItems, stageItems } from '../../models/packs/labelled-items.ts';
import { roundTripsMs } from '../../solver/documents/cell.ts';
import type { Plan, PlanStage, PlanWorker } from '../../solver/documents/plan.ts';
import { cellsOfStage, type Profile } from '../../solver/documents/profile.ts';
import { mean } from '../../solver/math/statistics.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type ExecutorWorker, workerStarter } from '../../workers/executor/start-worker.ts';

/** Time of one measurement of the machine's speed. */
const FOR_MS = 1000;
/** Measurements before the first one that counts: for some 5 s batches get faster, because V8 compiles the worker. */
const WARM_UP = 8;

/**
 * Measures how much longer a plan's batches take now than in the profile. A virtual machine may be a third faster in some minutes
 * than in others, and a prediction holds only for a machine that is as fast as in its profile.
 */
export class MachineSpeed {
  private constructor(
    private readonly worker: ExecutorWorker,
    private readonly rows: readonly PlanStage[],
    private readonly items: readonly StageItems[],
    private readonly expectedMs: number,
  ) {}

  /** Starts a worker with the variants of a plan. The profile has measured batches of the plan's sizes. */
  static async start(models: LoadedManifest, plan: Plan, profile: Profile): Promise<MachineSpeed> {
    const rows = plan.stages.filter(({ escalation }) => !escalation);
    const { backend, threads } = rows[0]!;
    const held: PlanWorker = { id: 'speed', backend, threads, stages: rows.map(({ name }) => name) };
    const worker = await workerStarter(models, nodeEnvironment())('speed', held, plan);
    const expectedMs = rows.map((row) => {
      const cell = cellsOfStage(profile, row).find(({ batch }) => batch === row.batch)!;
      return mean(roundTripsMs(cell));
    });
    const items = await stageItems(await models.readPack(), models.pipeline);
    const speed = new MachineSpeed(worker, rows, items, mean(expectedMs));
    for (let time = 0; time < WARM_UP; time++) await speed.slower();
    return speed;
  }

  /** How many times longer batches take now than in the profile. */
  async slower(): Promise<number> {
    const timesMs: number[] = [];
    const untilMs = performance.now() + FOR_MS;
    for (let i = 0; performance.now() < untilMs; i++)
      for (const [s, { name, batch }] of this.rows.entries()) {
        const startMs = performance.now();
        await this.worker.run(name, takeInTurn(this.items[s]!.items, i * batch, batch));
        timesMs.push(performance.now() - startMs);
      }
    return mean(timesMs) / this.expectedMs;
  }

  stop(): void {
    this.worker.terminate();
  }
}
