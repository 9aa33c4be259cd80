import loadGlpk from 'glpk.js/node';
import { CodedError } from '../documents/coded-error.ts';

/** The code of GLPK cannot be loaded, for example because a proxy answers with a page of its own. */
class GlpkLoadError extends CodedError {
  override name = 'GlpkLoadError';
  constructor(cause: Error) {
    super(
      `GLPK, which finds plans, cannot be loaded: ${cause.message}. Check the connection to the host of this page, then reload it.`,
      { cause },
    );
  }
}

/** A program that maximises Σ value · x, with Σ x = 1 in each group, low ≤ Σ use · x ≤ high in each row, and 0 ≤ x ≤ 1. */
interface LinearProgram {
  /** The value of each column, group by group. */
  readonly groups: readonly Float64Array[];
  readonly rows: readonly {
    /** The coefficient of each column in this row, group by group. */
    readonly use: readonly Float64Array[];
    /** Lower bound of the row; absent if it has none. */
    readonly low?: number;
    readonly high: number;
  }[];
}

interface Relaxed {
  /** The value of x for each column, group by group. */
  readonly x: readonly Float64Array[];
  /**
   * For each row, the gain in the objective per unit that its binding limit rises: `high` if the gain is positive, `low` if it is
   * negative.
   */
  readonly duals: readonly number[];
}

export interface Glpk {
  /** Solves the linear relaxation. `infeasible` if GLPK proves that nothing satisfies it, `unknown` if it proves nothing. */
  relax(program: LinearProgram): Relaxed | 'infeasible' | 'unknown';
}

type Api = Awaited<ReturnType<typeof loadGlpk>>;
type Lp = Parameters<Api['solve']>[0];

function build(api: Api, program: LinearProgram): Lp {
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
  };
}

let loading: Promise<Glpk> | undefined;

/**
 * Loads GLPK once per process or web worker. The entry `glpk.js/node` solves synchronously in the calling thread. In a browser
 * that must be a web worker, because the main thread of a page may not block while the WebAssembly is fetched.
 * @throws GlpkLoadError
 */
export function glpk(): Promise<Glpk> {
  loading ??= loadGlpk()
    .then(glpkOf)
    .catch((error) => {
      loading = undefined; // so that the next call tries again
      throw new GlpkLoadError(error);
    });
  return loading;
}

const glpkOf = (api: Awaited<ReturnType<typeof loadGlpk>>): Glpk => ({
  relax(program) {
    const { result } = api.solve(build(api, program), { msglev: api.GLP_MSG_OFF, presol: false });
    if (result.status === api.GLP_NOFEAS) return 'infeasible';
    if (result.status !== api.GLP_OPT || !result.dual) return 'unknown';
    const { vars, dual } = result;
    return {
      x: program.groups.map((values, g) => values.map((_, o) => vars[`${g}_${o}`]!)),
      duals: program.rows.map((_, r) => dual[`r${r}`]!),
    };
  },
});
