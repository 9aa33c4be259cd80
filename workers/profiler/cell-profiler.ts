import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { Tensor } from '../../models/tasks/tensor.ts';
import {
  type Cell,
  type CellFlag,
  type CellKey,
  cellId,
  type MeasuredCell,
  sweepId,
} from '../../solver/documents/cell.ts';
import type { CoRun } from '../../solver/documents/co-run.ts';
import { type Device, onGpu } from '../../solver/documents/common.ts';
import type { Dtype } from '../../solver/documents/manifest.ts';
import type { FanOut } from '../../solver/documents/profile.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { seededRandom, shuffled } from '../../solver/math/random.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { checkAvailable } from '../environment/available.ts';
import { message } from '../runtime/errors.ts';
import { cellsOfBatch, type FixedBatches, firstPassCells, fixedBatchOf } from './cells.ts';
import { type CoRunOptions, measureCoRuns } from './co-run.ts';
import { DriftWatch } from './drift.ts';
import type { ItemDraw } from './item-draw.ts';
import { batchRunner, compareOutputs, type RunBatch, type Sample, sample, warmUp } from './measure.ts';
import { extendCell, measuredCell } from './measured-cell.ts';
import { FIRST_PASS_SHARE, Refinement } from './refinement.ts';
import type { OpenVariant } from './sessions.ts';
import { sweepEnd } from './sweep.ts';
import type { ProfileSettings } from './types.ts';

interface CellProfilerOptions extends CoRunOptions {
  readonly settings: ProfileSettings;
  readonly device: Device;
  /** Draws the batches of each stage, by the stage's name. */
  readonly draws: ReadonlyMap<string, ItemDraw>;
  readonly fanOut: readonly FanOut[];
  readonly fixedBatches: FixedBatches;
  /** Writes a finished cell to the journal. */
  save(cell: Cell): Promise<void>;
  /** Called after the cells of each batch size. The profiler measures on once the promise resolves. */
  afterRound(cells: readonly Cell[]): Promise<void>;
  /** Cells that the journal of an interrupted profile already holds. */
  readonly finished: readonly Cell[];
}

/** Matches errors of runtimes that have no memory left. ONNX Runtime on wasm ends with `Aborted(OOM)`. */
const MEMORY_ERROR =
  /out of memory|\bOOM\b|bad_alloc|allocation failed|failed to allocate|exceeds? the (max|limit)/i;

/**
 * Measures the cells of a profile. The first pass goes through the batch sizes in rising order, and through the cells of each
 * size in seeded random order; a variant's sweep over the batch sizes may end early. Then all cells get more samples. Cells
 * with wide confidence intervals get the most.
 */
export class CellProfiler {
  readonly #cells = new Map<string, Cell>();
  readonly #ended = new Set<string>();
  readonly #drift = new DriftWatch();
  /** The sessions that have been warmed up. A session that was released or lost its worker is opened again, and is then cold. */
  readonly #warm = new WeakSet<OpenVariant>();
  readonly #start: number;
  readonly #random: () => number;

  constructor(private readonly o: CellProfilerOptions) {
    this.#start = o.clock.now();
    this.#random = seededRandom(o.settings.seed);
    for (const cell of o.finished) this.#cells.set(cellId(cell), cell);
  }

  get cells(): readonly Cell[] {
    return [...this.#cells.values()];
  }

  /** The first pass: measures every cell once, or skips it. */
  async measureAll(): Promise<void> {
    const { manifest, settings, progress, clock, fixedBatches } = this.o;
    const rounds = firstPassCells(manifest, settings, fixedBatches).map((keys) =>
      shuffled(keys, this.#random),
    );
    progress.begin('cells');
    for (const [r, round] of rounds.entries()) {
      if (r > 0) this.#endSweeps(rounds.slice(r).flat());
      for (const key of round) {
        if (this.#ended.has(sweepId(key))) continue;
        const known = this.#cells.get(cellId(key));
        if (known) {
          progress.recall(known);
          continue;
        }
        await clock.wait();
        const smallest = r === 0 || fixedBatchOf(key, fixedBatches) !== undefined;
        await this.#finish(
          !smallest && this.#timeLeftMs() <= 0
            ? { ...key, state: 'skipped', reason: 'budget' }
            : await this.#measure(key),
        );
      }
      await this.o.afterRound(this.cells);
    }
  }

  #timeLeftMs(): number {
    return this.o.settings.budgetS * 1000 - (this.o.clock.now() - this.#start);
  }

  async #finish(cell: Cell): Promise<void> {
    this.#cells.set(cellId(cell), cell);
    // A cell that is skipped for lack of time stays out of the journal, so that a resumed profile may measure it.
    if (cell.state !== 'skipped' || cell.reason !== 'budget') await this.o.save(cell);
    this.o.progress.step(cell);
  }

  /**
   * Ends the sweeps that have a failed or skipped cell, and those that larger batches cannot improve. A sweep of the second kind
   * records its next cell as skipped, with the reason. The profile leaves out all other remaining cells.
   * @param ahead cells whose turn is still to come
   */
  #endSweeps(ahead: readonly CellKey[]): void {
    const { settings, fanOut, manifest } = this.o;
    const stages = manifest.stages.map(({ name }) => name);
    const slaOf = new Map(
      settings.backends.map((backend) => {
        const own = this.cells.filter((cell) => cell.backend === backend);
        return [backend, settings.slaMs ?? slaByRule(own, stages, fanOut)];
      }),
    );
    const sweeps = new Map<string, Cell[]>();
    for (const cell of this.cells) getOrMake(sweeps, sweepId(cell), () => []).push(cell);
    for (const [id, cells] of sweeps) {
      if (this.#ended.has(id)) continue;
      const stopped = cells.find((cell) => cell.state !== 'measured');
      const points = cells
        .flatMap((cell) =>
          cell.state === 'measured' ? [{ batch: cell.batch, p50Ms: cell.latencyMs.p50 }] : [],
        )
        .sort((a, b) => a.batch - b.batch);
      const reason = sweepEnd(points, slaOf.get(cells[0]!.backend)!);
      if (!stopped && !reason) continue;
      this.#ended.add(id);
      const rest = ahead.filter((key) => sweepId(key) === id);
      this.o.progress.drop(rest);
      const next = rest.find((key) => !this.#cells.has(cellId(key)));
      if (next && reason) this.#cells.set(cellId(next), { ...next, state: 'skipped', reason });
    }
  }

  /**
   * Measures a cell. After a failure the worker is replaced. If memory ran out, the cell is then skipped; otherwise it is tried
   * once more, and after a second failure it counts as failed.
   */
  async #measure(key: CellKey): Promise<Cell> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#measureOnce(key);
      } catch (error) {
        this.o.signal?.throwIfAborted();
        await this.o.sessions.replace(key);
        if (MEMORY_ERROR.test(message(error))) return { ...key, state: 'skipped', reason: 'out-of-memory' };
        if (attempt === 1) continue;
        // Without the backend its other cells would fail, too. The journal has none of them, so a later call measures them.
        await checkAvailable(this.o.environment, key.backend);
        return { ...key, state: 'failed', error: message(error).slice(0, 2000) };
      }
    }
  }

  async #measureOnce(key: CellKey): Promise<MeasuredCell> {
    const { settings, environment, device, progress } = this.o;
    progress.working(key);
    const opened = await this.o.sessions.open(key);
    await environment.visible();
    const { compared, firstRunMs } = await this.#firstRun(opened, key);
    const outputs = compareOutputs(compared, await this.#referenceOutput(key), this.#dtypes(key));
    const { runs, settled } = await warmUp(this.#repeating(opened, key));
    this.#warm.add(opened);
    const cells = cellsOfBatch(this.o.manifest, settings, 1).length * settings.batches.length;
    const samples = await sample(
      this.#drawing(opened, key, 0),
      (FIRST_PASS_SHARE * settings.budgetS * 1000) / cells,
    );
    const flags: CellFlag[] = [];
    if (onGpu(key.backend) && device.adapter?.software) flags.push('software-adapter');
    if (opened.cpuFallback) flags.push('cpu-fallback');
    if (!settled) flags.push('not-warm');
    if (environment.hidden()) flags.push('hidden-page');
    const cold = { loadMs: opened.loadMs, createMs: opened.createMs, firstRunMs };
    const facts = { key, cold, warmupRuns: runs + 1, outputs, timerGrainMs: device.timerGrainMs };
    const cell = measuredCell({ ...facts, flags }, samples);
    const again = async () => this.#drawing(await this.#warmed(key), key, 0);
    if (await this.#drift.drifted(key.backend, key.threads, samples, again)) cell.flags.push('drift');
    return cell;
  }

  /** Opens a cell's session and warms it up, unless it is warm. */
  async #warmed(key: CellKey): Promise<OpenVariant> {
    const opened = await this.o.sessions.open(key);
    if (!this.#warm.has(opened)) await warmUp(this.#repeating(opened, key));
    this.#warm.add(opened);
    return opened;
  }

  /** The items of a stage's batch. Warm-ups and comparisons repeat batch 0; samples run the later batches, each once. */
  #batch({ stage, batch }: CellKey, index: number): Item[] {
    return this.o.draws.get(stage)!.batch(index, batch);
  }

  #repeating(opened: OpenVariant, key: CellKey): RunBatch {
    return this.#runner(opened, () => this.#batch(key, 0));
  }

  /** Runs the batches of a cell's samples. @param from number of samples that the cell has already */
  #drawing(opened: OpenVariant, key: CellKey, from: number): RunBatch {
    let next = 1 + from;
    return this.#runner(opened, () => this.#batch(key, next++));
  }

  #runner(opened: OpenVariant, next: () => readonly Item[]): RunBatch {
    let items: readonly Item[] = [];
    const run = batchRunner(opened.worker, opened.key, () => items);
    return async () => {
      this.o.signal?.throwIfAborted();
      await this.o.environment.visible();
      items = next();
      const { standstills } = this.o.clock;
      const one = await run();
      // If everything stood still during a batch, the batch's time says nothing about the variant, so the batch runs again. It
      // runs again only once, because a hidden page's timers are always late.
      return this.o.clock.standstills === standstills ? one : run();
    };
  }

  /** Runs a cell's first batch, cold. Its items are fixed, so that its outputs can be compared with the reference backend's. */
  async #firstRun(
    opened: OpenVariant,
    key: CellKey,
  ): Promise<{ compared: readonly Tensor[]; firstRunMs: number }> {
    const start = performance.now();
    const compared = await opened.worker.infer(opened.key, batchOf(this.#batch(key, 0)));
    return { compared, firstRunMs: performance.now() - start };
  }

  async #referenceOutput(key: CellKey): Promise<readonly Tensor[]> {
    const reference = { ...key, backend: this.o.environment.reference, threads: 1 };
    try {
      const opened = await this.o.sessions.open(reference);
      return await opened.worker.infer(opened.key, batchOf(this.#batch(key, 0)));
    } catch (error) {
      // The cells of all other backends need a reference that works.
      await this.o.sessions.replace(reference);
      throw error;
    }
  }

  /** The data types of the weights of a variant's models. */
  #dtypes({ stage, variant }: CellKey): Dtype[] {
    const { variants } = this.o.manifest.stages.find(({ name }) => name === stage)!;
    const { sessions } = variants.find(({ name }) => name === variant)!;
    return Object.values(sessions).map(({ dtype }) => dtype);
  }

  /** Measures how much two busy workers slow each other. */
  coRun(): Promise<CoRun[]> {
    return measureCoRuns(this.o, this.cells, async (key, second) =>
      this.#repeating(await this.o.sessions.open({ ...key, second }), key),
    );
  }

  /** Spends the rest of the budget on more samples: first of all cells, then of those with the widest confidence intervals. */
  async refine(): Promise<void> {
    const { progress, environment, device, clock, sessions, signal, save } = this.o;
    progress.begin('refine');
    const refinement = new Refinement(this.#random, !sessions.keepAll);
    /** The ids of cells that failed. They get no more samples: a cell that always fails would take all the time left. */
    const failed = new Set<string>();
    for (;;) {
      await clock.wait();
      const open = this.cells.filter((cell) => !failed.has(cellId(cell)));
      const measured = open.filter((cell) => cell.state === 'measured');
      const next = refinement.next(measured, this.#timeLeftMs());
      if (!next || this.#timeLeftMs() <= 0) return;
      const { cell, forMs } = next;
      progress.working(cell);
      let samples: Sample[];
      try {
        const opened = await this.#warmed(cell);
        // The first run after another cell's runs is slower, so it gives no sample.
        await this.#repeating(opened, cell)();
        samples = await sample(this.#drawing(opened, cell, cell.latencyMs.n), forMs, 1);
      } catch {
        signal?.throwIfAborted();
        // The cell keeps its earlier samples. The worker is replaced, because the next cell needs one that works.
        await sessions.replace(cell);
        failed.add(cellId(cell));
        continue;
      }
      const flags: CellFlag[] = environment.hidden() ? ['hidden-page'] : [];
      const extended = extendCell(cell, samples, device.timerGrainMs, flags);
      this.#cells.set(cellId(extended), extended);
      await save(extended);
      progress.step(extended);
    }
  }
}
