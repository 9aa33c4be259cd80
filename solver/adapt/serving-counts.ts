/** Values of the counters in the metrics of a gateway, or of `serve`. */
export interface Counts {
  /** Requests to the pipeline that have arrived. */
  readonly arrivals: number;
  /** Requests to the pipeline or a stage that were accepted and have ended. */
  readonly accepted: number;
  /** Requests to the pipeline or a stage that were refused on arrival. */
  readonly rejected: number;
  /** Core time of the process that serves. */
  readonly coreMs: number;
  /** Counters of each row of the plan, by the row's name. */
  readonly rows: ReadonlyMap<string, RowCounts>;
  /**
   * The session of each row, as {@link sessionText}, in the plan that serves at the reading, by the row's name. A growth has the
   * sessions at both of its readings.
   */
  readonly sessions: ReadonlyMap<string, ReadonlySet<string>>;
}

interface RowCounts {
  readonly batches: number;
  readonly items: number;
  /** Number of batches whose hop was timed: the way to a pod and back, without the batch's time in the pod. */
  readonly hops: number;
  /** Sum of the times of all timed hops. */
  readonly hopMs: number;
  /** Number of batches of the planned variant, without those of standbys, whose run in the worker was timed. */
  readonly runs: number;
  /** Number of items in the batches of `runs`. */
  readonly runItems: number;
  /** Sum of the times that the batches of `runs` took in their workers; in a cluster, in their pods. */
  readonly runMs: number;
}

/** A session as text, so that two sessions can be compared. */
export const sessionText = ({ variant, backend }: Readonly<Record<'variant' | 'backend', string>>): string =>
  `${variant} ${backend}`;

export const NO_BATCHES: RowCounts = {
  batches: 0,
  items: 0,
  hops: 0,
  hopMs: 0,
  runs: 0,
  runItems: 0,
  runMs: 0,
};
export const NOTHING: Counts = {
  ...{ arrivals: 0, accepted: 0, rejected: 0, coreMs: 0 },
  ...{ rows: new Map(), sessions: new Map() },
};

/** Reads the counters of a pipeline from the text of `/metrics`; a counter is 0 if it is absent, negative or not finite. */
export function countsIn(metrics: string, pipeline: string): Counts {
  const rows = new Map<string, RowCounts>();
  const sessions = new Map<string, Set<string>>();
  let { arrivals, accepted, rejected, coreMs } = NOTHING;
  for (const line of metrics.split('\n')) {
    const [, name, labels = '', text] = /^ipa_edge_(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
    const value = Number(text);
    if (!(value >= 0 && value < Infinity)) continue;
    const label = (key: string) =>
      labels
        .split(',')
        .find((one) => one.startsWith(`${key}="`))
        ?.slice(key.length + 2, -1);
    const row = label('stage');
    const field = ROW_FIELDS.get(name ?? '');
    if (row !== undefined && field) {
      const before = rows.get(row) ?? NO_BATCHES;
      rows.set(row, { ...before, [field]: before[field] + (field.endsWith('Ms') ? 1000 * value : value) });
    } else if (row !== undefined && name === 'plan_info') {
      const session = { variant: label('variant') ?? '', backend: label('backend') ?? '' };
      sessions.set(row, new Set([sessionText(session)]));
    } else if (name === 'arrivals_total' && label('model') === pipeline) arrivals += value;
    else if (name === 'requests_total' && label('outcome') === 'rejected') rejected += value;
    else if (name === 'requests_total') accepted += value;
    else if (name === 'core_seconds_total') coreMs += 1000 * value;
  }
  return { arrivals, accepted, rejected, coreMs, rows, sessions };
}

const ROW_FIELDS: ReadonlyMap<string, keyof RowCounts> = new Map([
  ['batch_items_count', 'batches'],
  ['batch_items_sum', 'items'],
  ['hop_seconds_count', 'hops'],
  ['hop_seconds_sum', 'hopMs'],
  ['run_seconds_count', 'runs'],
  ['run_items_total', 'runItems'],
  ['run_seconds_sum', 'runMs'],
]);

const ROW_COUNTS = Object.keys(NO_BATCHES) as (keyof RowCounts)[];

/** How much the counts of a process have grown since its reading before. */
interface Growth {
  readonly growth: Counts;
  /** The time of the reading before. */
  readonly sinceMs: number;
}

/**
 * At most this many missing processes keep their last counts: a process that has ended, such as a gateway whose pod was replaced,
 * stays missing forever.
 */
const MISSING_MAX = 100;

/** Adds up how much the counts of several processes have grown between readings. */
export class CountsGrowth {
  /** The last reading of each process, in the order in which the processes were last read. */
  readonly #last = new Map<string, { readonly counts: Counts; readonly readMs: number }>();

  /**
   * Returns the growth since the last reading, with the sessions of both readings. The first reading of a process adds no growth,
   * because its counters may have started long ago. Counters that fell have started again at 0, so their whole values are growth.
   * A process that is missing in this reading keeps its last counts until {@link MISSING_MAX} others have gone missing after it.
   * @param counts by process, e.g. a gateway
   */
  since(counts: ReadonlyMap<string, Counts>): Counts {
    // The growth does not depend on the time of a reading, so 0 stands for it.
    return total(this.ofEach(counts, 0));
  }

  /** Does what {@link since} does, and returns the growth of each process. @param readMs the time of this reading */
  ofEach(counts: ReadonlyMap<string, Counts>, readMs: number): Growth[] {
    const growths = Array.from(counts, ([process, now]): Growth => {
      const last = this.#last.get(process) ?? { counts: now, readMs };
      const anew = now.arrivals < last.counts.arrivals || now.coreMs < last.counts.coreMs;
      this.#last.delete(process);
      this.#last.set(process, { counts: now, readMs });
      return { growth: combined(now, anew ? NOTHING : last.counts, -1), sinceMs: last.readMs };
    });
    const tooMany = Math.max(0, this.#last.size - counts.size - MISSING_MAX);
    for (const process of [...this.#last.keys()].slice(0, tooMany)) this.#last.delete(process);
    return growths;
  }
}

/** Adds up the growths of several processes. */
export const total = (growths: readonly Growth[]): Counts =>
  growths.reduce((sum, { growth }) => combined(sum, growth, 1), NOTHING);

/** Returns a + times · b for each counter, with the sessions of both. */
function combined(a: Counts, b: Counts, times: number): Counts {
  const rows = new Map<string, RowCounts>();
  for (const row of new Set([...a.rows.keys(), ...b.rows.keys()])) {
    const [of, other] = [a.rows.get(row) ?? NO_BATCHES, b.rows.get(row) ?? NO_BATCHES];
    const sums = ROW_COUNTS.map((field) => [field, of[field] + times * other[field]]);
    rows.set(row, Object.fromEntries(sums) as Record<keyof RowCounts, number>);
  }
  return {
    arrivals: a.arrivals + times * b.arrivals,
    accepted: a.accepted + times * b.accepted,
    rejected: a.rejected + times * b.rejected,
    coreMs: a.coreMs + times * b.coreMs,
    rows,
    sessions: new Map(
      [...new Set([...a.sessions.keys(), ...b.sessions.keys()])].map((row) => [
        row,
        new Set([...(a.sessions.get(row) ?? []), ...(b.sessions.get(row) ?? [])]),
      ]),
    ),
  };
}
