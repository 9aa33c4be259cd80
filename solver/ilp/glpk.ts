import loadGlpk from 'glpk.js/node';

/** maximise Σ value · x, one x = 1 in each group, low ≤ Σ use · x ≤ high in each row, 0 ≤ x ≤ 1. */
export interface Program {
  /** Values of the columns, group by group. */
  readonly groups: readonly Float64Array[];
  readonly rows: readonly {
    /** Per group, per column. */
    readonly use: readonly Float64Array[];
    /** Absent: no lower bound. */
    readonly low?: number;
    readonly high: number;
  }[];
}

/** What the linear relaxation says. */
export interface Relaxed {
  /** Per group, per column. */
  readonly x: readonly Float64Array[];
  /** Per row: what one more unit of `high` (less of `low`, where negative) would be worth. */
  readonly duals: readonly number[];
}

export interface Glpk {
  /** Linear relaxation. `infeasible` where GLPK proves there is none, `unknown` where it proves nothing. */
  relax(program: Program): Relaxed | 'infeasible' | 'unknown';
  /** Column of each group in an optimal 0/1 solution; undefined for every status but GLP_OPT. */
  optimise(program: Program): number[] | undefined;
}

type Api = Awaited<ReturnType<typeof loadGlpk>>;
type Lp = Parameters<Api['solve']>[0];

function build(api: Api, program: Program, binary: boolean): Lp {
  const names = program.groups.map((values, g) => Array.from(values, (_, o) => `${g}_${o}`));
  const columns = (per: readonly ArrayLike<number>[]) =>
    names.flatMap((group, g) => group.map((name, o) => ({ name, coef: per[g]![o]! })));
  return {
    name: 'plan',
    objective: { direction: api.GLP_MAX, name: 'objective', vars: columns(program.groups) },
    subjectTo: [
      ...program.rows.map(({ use, low, high }, r) => ({
        name: `r${r}`,
        vars: columns(use),
        bnds:
          low === undefined
            ? { type: api.GLP_UP, lb: 0, ub: high }
            : { type: low < high ? api.GLP_DB : api.GLP_FX, lb: low, ub: high },
      })),
      ...names.map((group, g) => ({
        name: `g${g}`,
        vars: group.map((name) => ({ name, coef: 1 })),
        bnds: { type: api.GLP_FX, lb: 1, ub: 1 },
      })),
    ],
    ...(binary && { binaries: names.flat() }),
  };
}

let loading: Promise<Glpk> | undefined;

/**
 * GLPK, once per process or worker. The entry `/node` runs where it is called: in Node, or in a worker of ours in
 * a browser, where it fetches its WebAssembly (not on a page's main thread, which may not wait for a fetch).
 */
export function glpk(): Promise<Glpk> {
  loading ??= loadGlpk().then((api) => ({
    relax(program) {
      const { result } = api.solve(build(api, program, false), { msglev: api.GLP_MSG_OFF, presol: false });
      if (result.status === api.GLP_NOFEAS) return 'infeasible';
      if (result.status !== api.GLP_OPT || !result.dual) return 'unknown';
      const { vars, dual } = result;
      return {
        x: program.groups.map((values, g) => values.map((_, o) => vars[`${g}_${o}`]!)),
        duals: program.rows.map((_, r) => dual[`r${r}`]!),
      };
    },
    optimise(program) {
      // GLPK's integer optimiser starts from an optimal basis, which only its presolver makes here.
      const { result } = api.solve(build(api, program, true), { msglev: api.GLP_MSG_OFF, presol: true });
      if (result.status !== api.GLP_OPT) return undefined;
      return program.groups.map((values, g) =>
        values.reduce(
          (best, _, o) => (result.vars[`${g}_${o}`]! > result.vars[`${g}_${best}`]! ? o : best),
          0,
        ),
      );
    },
  }));
  return loading;
}
