/** Adds up the times of a session's operators by type, from the trace that ONNX Runtime's profiler wrote. */

interface Options {
  /** Whether the session runs on a GPU, where a node's event times only its submission, and kernels have their own events. */
  readonly gpu: boolean;
  /** Number of runs at the beginning that do not count. */
  readonly skip: number;
}

/** The number of calls and the time of one type of operator, summed over all runs that count. */
interface OperatorTotal {
  readonly operator: string;
  readonly on: 'gpu' | 'cpu';
  calls: number;
  ms: number;
}

export interface TraceTotals {
  /** Number of runs that count. */
  readonly runs: number;
  readonly runMs: number;
  readonly operators: readonly OperatorTotal[];
  /** Whether the device reported the times of its kernels; true if nothing runs on a GPU. */
  readonly kernelsTimed: boolean;
}

/** An event of the trace. Its times are in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Limits memory for a malformed trace: ONNX Runtime records fewer events of a session. */
const KERNELS_MAX = 1_000_000;
/** Limits memory for a malformed trace: ONNX has fewer types of operators. Further types are counted as `others`. */
const TYPES_MAX = 1000;
const OTHERS = 'others';
const NAME_MAX = 100;

export class TraceReader {
  readonly #totals = new Map<string, OperatorTotal>();
  /** Nodes of the current run. The event of the run comes after those of its nodes. */
  #nodes: { readonly operator: string; readonly gpu: boolean; readonly us: number }[] = [];
  /**
   * Nodes of the current run that no node so far encloses. The event of an If or Loop comes after those of its inner nodes, whose
   * times are subtracted from its own.
   */
  #outermost: { readonly ts: number; readonly dur: number }[] = [];
  readonly #kernels: { readonly operator: string; readonly ts: number; readonly us: number }[] = [];
  #runs = 0;
  #runUs = 0;
  /** Start of the first run that counts, in microseconds. */
  #from = Number.POSITIVE_INFINITY;
  #onGpu = false;

  constructor(private readonly options: Options) {}

  /** Reads a line of the trace. A line that is no event is ignored. */
  take(line: string): void {
    const event = eventIn(line);
    if (!event) return;
    const { cat, name, ts, dur } = event;
    if (cat === 'Session' && name === 'model_run') this.#endRun(ts, dur);
    else if (cat === 'Node' && name.endsWith('_kernel_time')) this.#node(event);
    else if (cat === 'Api' && this.#kernels.length < KERNELS_MAX)
      this.#kernels.push({ operator: kernelOperator(name), ts, us: dur });
  }

  #node({ ts, dur, args: { op_name: operator, provider } }: TraceEvent): void {
    let us = dur;
    for (let last = this.#outermost.at(-1); last && last.ts >= ts; last = this.#outermost.at(-1)) {
      us -= last.dur;
      this.#outermost.pop();
    }
    this.#outermost.push({ ts, dur });
    const gpu = this.options.gpu && provider !== 'CPUExecutionProvider';
    this.#nodes.push({ operator: nameOf(operator), gpu, us: Math.max(0, us) });
  }

  #endRun(ts: number, dur: number): void {
    this.#runs++;
    if (this.#runs > this.options.skip) {
      this.#from = Math.min(this.#from, ts);
      this.#runUs += dur;
      for (const { operator, gpu, us } of this.#nodes)
        if (gpu) this.#onGpu = true;
        else this.#add(operator, 'cpu', us);
    }
    this.#nodes = [];
    this.#outermost = [];
  }

  #add(operator: string, on: 'gpu' | 'cpu', us: number): void {
    const key = `${on} ${operator}`;
    const known = this.#totals.get(key);
    if (!known && this.#totals.size >= TYPES_MAX && operator !== OTHERS) {
      this.#add(OTHERS, on, us);
      return;
    }
    const total = known ?? { operator, on, calls: 0, ms: 0 };
    total.calls++;
    total.ms += us / 1000;
    this.#totals.set(key, total);
  }

  /** Called once, after the last line. */
  totals(): TraceTotals {
    // Kernels of skipped runs began earlier, because the outputs of each run are read before the next run starts.
    const counting = this.#kernels.filter(({ ts }) => ts >= this.#from);
    for (const { operator, us } of counting) this.#add(operator, 'gpu', us);
    const operators = [...this.#totals.values()];
    const runs = Math.max(0, this.#runs - this.options.skip);
    return { runs, runMs: this.#runUs / 1000, operators, kernelsTimed: !this.#onGpu || counting.length > 0 };
  }
}

const nameOf = (value: unknown): string =>
  (typeof value === 'string' && value ? value : '?').slice(0, NAME_MAX);

/** The type of the operator in a kernel's name: `<node>&<operator>&<kernel>`. A node's name may have an `&` too. */
const kernelOperator = (name: string): string => nameOf(name.split('&').at(-2) ?? name);

function eventIn(line: string): TraceEvent | null {
  let event: unknown;
  try {
    event = JSON.parse(line.trim().replace(/,$/, ''));
  } catch {
    return null;
  }
  const { cat, name, ts, dur, args } = (event ?? {}) as Partial<Record<keyof TraceEvent, unknown>>;
  if (typeof cat !== 'string' || typeof name !== 'string' || !isTime(ts) || !isTime(dur)) return null;
  return { cat, name, ts, dur, args: typeof args === 'object' && args ? (args as TraceEvent['args']) : {} };
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
