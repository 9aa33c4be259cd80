import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff, dividesMore, type LiveWorker, needsMore, sameChoice } from '../../../solver/adapt/diff.ts';
import { type Backend, onGpu } from '../../../solver/documents/common.ts';
import {
  type Plan,
  type PlanStage,
  type PlanWorker,
  type Standby,
  stagesOf,
} from '../../../solver/documents/plan.ts';

type StageFacts = Partial<
  Pick<PlanStage, 'sha256' | 'backend' | 'threads' | 'batch' | 'replicas' | 'standby' | 'escalation'>
>;
type WorkerFacts = readonly [id: string, stages: readonly string[], ...rest: [Backend?, number?]];

/** Makes a plan that has only what a diff looks at. */
const planOf = (stages: Readonly<Record<string, StageFacts>>, workers: readonly WorkerFacts[]): Plan =>
  ({
    stages: Object.entries(stages).map(([name, facts]) => ({
      name,
      sha256: 'a',
      backend: 'cpu',
      threads: 1,
      batch: 1,
      replicas: 1,
      ...facts,
    })),
    workers: workers.map(([id, held, backend = 'cpu', threads = 1]) => ({
      id,
      backend,
      threads,
      stages: [...held],
    })),
  }) as unknown as Plan;

const standby: Standby = { variant: 's', sha256: 's', accuracy: 0.5, serviceMs: [{ items: 1, meanMs: 1 }] };

let started = 0;
const start = (plan: Plan, planWorker: PlanWorker): LiveWorker => ({
  id: `${planWorker.id}.${started++}`,
  planWorker,
  stages: stagesOf(plan, planWorker),
});
const startAll = (plan: Plan): LiveWorker[] => plan.workers.map((worker) => start(plan, worker));

/** Returns the live workers after a plan has taken over from these. */
function apply(live: readonly LiveWorker[], plan: Plan): LiveWorker[] {
  const change = diff(live, plan);
  return [
    ...live.filter(({ id }) => !change.retire.includes(id)),
    ...change.start.map((worker) => start(plan, worker)),
  ];
}

const startedIds = (live: readonly LiveWorker[], plan: Plan): string[] =>
  diff(live, plan).start.map(({ id }) => id);

describe('a diff', () => {
  const two = planOf({ detect: {}, classify: {} }, [
    ['d', ['detect']],
    ['c', ['classify']],
  ]);

  it('of the plan that runs is nothing', () => {
    expect(diff(startAll(two), two)).toEqual({ start: [], retire: [] });
  });

  it('of nothing starts everything', () => {
    expect(startedIds([], two)).toEqual(['d', 'c']);
  });

  it('keeps what serves, starts what lacks and retires the rest', () => {
    const live = startAll(two);
    const next = planOf({ detect: {}, classify: { sha256: 'b' } }, [
      ['d', ['detect']],
      ['c1', ['classify']],
      ['c2', ['classify']],
    ]);
    expect(startedIds(live, next)).toEqual(['c1', 'c2']);
    expect(diff(live, next).retire).toEqual([live[1]!.id]);
  });

  it('starts only the replicas that are more, and retires only those that are fewer', () => {
    const three = planOf({ detect: {} }, [
      ['a', ['detect']],
      ['b', ['detect']],
      ['c', ['detect']],
    ]);
    const one = planOf({ detect: {} }, [['a', ['detect']]]);
    expect(startedIds(startAll(one), three)).toHaveLength(2);
    expect(diff(startAll(three), one).retire).toHaveLength(2);
  });

  it('does not mind what plans call their workers', () => {
    const renamed = planOf({ detect: {}, classify: {} }, [
      ['c', ['detect']],
      ['d', ['classify']],
    ]);
    expect(diff(startAll(two), renamed)).toEqual({ start: [], retire: [] });
  });

  it.each<[string, StageFacts, WorkerFacts]>([
    ['variant', { sha256: 'b' }, ['d', ['detect']]],
    ['number of threads', { threads: 2 }, ['d', ['detect'], 'cpu', 2]],
    ['backend', { backend: 'wasm' }, ['d', ['detect'], 'wasm']],
  ])('replaces a worker for another %s', (_, facts, worker) => {
    const live = startAll(planOf({ detect: {} }, [['d', ['detect']]]));
    const next = planOf({ detect: facts }, [worker]);
    expect(startedIds(live, next)).toEqual(['d']);
    expect(diff(live, next).retire).toEqual([live[0]!.id]);
  });

  it('keeps a worker whose standby the plan does not use, and replaces one that lacks a standby', () => {
    const of = (facts: StageFacts) => planOf({ detect: facts }, [['d', ['detect']]]);
    expect(diff(startAll(of({ standby })), of({}))).toEqual({ start: [], retire: [] });
    expect(startedIds(startAll(of({})), of({ standby }))).toEqual(['d']);
    expect(startedIds(startAll(of({ standby })), of({ standby }))).toEqual([]);
  });

  it('replaces one worker for two stages by one for each', () => {
    const shared = planOf({ detect: {}, classify: {} }, [['both', ['detect', 'classify']]]);
    expect(startedIds(startAll(shared), two)).toEqual(['d', 'c']);
  });

  it('replaces a worker that holds only one of two stages, another second stage, or another variant of it', () => {
    const of = (held: readonly string[], classify: StageFacts = {}) =>
      planOf({ detect: {}, classify, name: {} }, [['w', held]]);
    const wanted = of(['detect', 'classify']);
    for (const held of [of(['detect']), of(['detect', 'name']), of(['detect', 'classify'], { sha256: 'b' })])
      expect(startedIds(startAll(held), wanted)).toEqual(['w']);
  });

  it.each<[Backend, number, boolean]>([
    ['cpu', 1, true],
    ['cpu', 8, true],
    ['webgpu', 1, true],
    ['webgpu', 4, true],
    ['webgpu', 8, false],
    ['cuda', 8, false],
  ])('on %s, a worker warmed up for batches of 4 is kept for batches of %d: %s', (backend, batch, kept) => {
    const of = (size: number) => planOf({ detect: { backend, batch: size } }, [['d', ['detect'], backend]]);
    expect(startedIds(startAll(of(4)), of(batch))).toEqual(kept ? [] : ['d']);
  });

  it('remembers what a worker on a GPU was warmed up for, through plans with smaller batches', () => {
    const of = (batch: number) =>
      planOf({ detect: { backend: 'webgpu', batch } }, [['d', ['detect'], 'webgpu']]);
    const live = apply(apply(startAll(of(8)), of(1)), of(8));
    expect(live).toHaveLength(1);
    expect(live[0]!.stages[0]!.batch).toBe(8);
  });
});

describe('whatever ran before', () => {
  const STAGES = ['detect', 'classify', 'name'];

  const stageFacts = fc.record({
    sha256: fc.constantFrom('a', 'b'),
    backend: fc.constantFrom<Backend>('cpu', 'wasm', 'webgpu'),
    threads: fc.constantFrom(1, 2),
    batch: fc.constantFrom(1, 2, 4),
    replicas: fc.integer({ min: 1, max: 3 }),
  });

  /** Plans like those of the planner: stages on a GPU share one worker or have one each; stages on a CPU have one per replica. */
  const plans = fc
    .record({ stages: fc.tuple(stageFacts, stageFacts, stageFacts), shared: fc.boolean() })
    .map(({ stages, shared }) => {
      const onCpu = stages.flatMap(({ backend, threads, replicas }, s): WorkerFacts[] =>
        onGpu(backend)
          ? []
          : Array.from({ length: replicas }, (_, r) => [`${STAGES[s]}-${r}`, [STAGES[s]!], backend, threads]),
      );
      const gpu = STAGES.filter((_, s) => onGpu(stages[s]!.backend));
      const holders = shared && gpu.length > 0 ? [gpu] : gpu.map((name) => [name]);
      return planOf(Object.fromEntries(STAGES.map((name, s) => [name, stages[s]!])), [
        ...holders.map((held, i): WorkerFacts => [`gpu-${i}`, held, 'webgpu']),
        ...onCpu,
      ]);
    });

  /** Describes what a worker runs. */
  const runs = ({ planWorker, stages }: LiveWorker): string =>
    [
      planWorker.backend,
      planWorker.threads,
      ...planWorker.stages.map((name, i) => `${name}=${stages[i]!.sha256}`),
    ].join(' ');
  const allRuns = (live: readonly LiveWorker[]): string[] => live.map(runs).sort();

  it("after a diff there are exactly the plan's workers, each ready for its batches", () => {
    fc.assert(
      fc.property(fc.array(plans, { minLength: 1, maxLength: 6 }), (sequence) => {
        let live: LiveWorker[] = [];
        for (const plan of sequence) {
          live = apply(live, plan);
          expect(allRuns(live)).toEqual(allRuns(startAll(plan)));
          for (const { planWorker, stages } of live)
            if (onGpu(planWorker.backend))
              stagesOf(plan, planWorker).forEach(({ batch }, i) => {
                expect(stages[i]!.batch).toBeGreaterThanOrEqual(batch);
              });
          expect(diff(live, plan)).toEqual({ start: [], retire: [] });
        }
      }),
    );
  });

  it('no worker is started on a CPU that runs what another one is retired from', () => {
    fc.assert(
      fc.property(plans, plans, (before, after) => {
        const live = startAll(before);
        const { start: fresh, retire } = diff(live, after);
        const ended = live.filter(({ id, planWorker }) => retire.includes(id) && !onGpu(planWorker.backend));
        const begun = new Set(fresh.map((worker) => runs(start(after, worker))));
        for (const worker of ended) expect(begun).not.toContain(runs(worker));
      }),
    );
  });

  it('a plan of the same choice, whatever it calls its workers, needs no other ones', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const workers = plan.workers.map((worker, i) => ({ ...worker, id: `w${i}` })).reverse();
        const again = { ...structuredClone(plan), ratePerS: 99, workers };
        expect(sameChoice(plan, again)).toBe(true);
        expect(diff(startAll(plan), again)).toEqual({ start: [], retire: [] });
      }),
    );
  });
});

describe('the same choice', () => {
  const plan = (facts: StageFacts, workers: readonly WorkerFacts[] = [['d', ['detect']]], more = {}) => ({
    ...planOf({ detect: facts }, workers),
    ...more,
  });

  it.each<[string, StageFacts]>([
    ['variant', { sha256: 'b' }],
    ['backend', { backend: 'wasm' }],
    ['threads', { threads: 2 }],
    ['batch', { batch: 2 }],
    ['replicas', { replicas: 2 }],
    ['standby', { standby }],
    ['threshold', { escalation: { from: 'detect', below: 0.5, share: 0.5, accuracy: 0.5 } }],
  ])('ends with another %s', (_, facts) => {
    expect(sameChoice(plan({}), plan(facts))).toBe(false);
    const ofTwo = (classify: StageFacts) => planOf({ detect: {}, classify }, [['w', ['detect', 'classify']]]);
    expect(sameChoice(ofTwo({}), ofTwo(facts))).toBe(false);
  });

  it('ends with a row more', () => {
    const one = planOf({ detect: {} }, [['w', ['detect']]]);
    expect(sameChoice(one, planOf({ detect: {}, 'detect-heavy': {} }, [['w', ['detect']]]))).toBe(false);
  });

  it('ends where stages on a GPU no longer share a worker', () => {
    const of = (...workers: WorkerFacts[]) =>
      planOf({ detect: { backend: 'webgpu' }, classify: { backend: 'webgpu' } }, workers);
    const apart = of(['a', ['detect'], 'webgpu'], ['b', ['classify'], 'webgpu']);
    expect(sameChoice(of(['a', ['detect', 'classify'], 'webgpu']), apart)).toBe(false);
  });

  it('stays where only the rate differs that it was made for', () => {
    expect(sameChoice(plan({}), plan({}, undefined, { ratePerS: 99 }))).toBe(true);
  });
});

it('a plan needs more than another one if the workers of that one cannot serve it', () => {
  const of = (batch: number, ...ids: string[]) =>
    planOf(
      { detect: { backend: 'webgpu', batch, replicas: ids.length } },
      ids.map((id) => [id, ['detect'], 'webgpu']),
    );
  const two = of(4, 'a', 'b');
  for (const plan of [two, of(2, 'b', 'c'), of(4, 'c')]) expect(needsMore(plan, two)).toBe(false);
  for (const plan of [of(8, 'a', 'b'), of(4, 'a', 'b', 'c')]) expect(needsMore(plan, two)).toBe(true);
});

it('a plan divides a GPU more than another one if only its workers on the GPU are more', () => {
  const of = (classify: StageFacts, ...workers: WorkerFacts[]) =>
    planOf({ detect: { backend: 'webgpu' }, classify: { backend: 'webgpu', ...classify } }, workers);
  const together: WorkerFacts = ['a', ['detect', 'classify'], 'webgpu'];
  const apart: WorkerFacts[] = [
    ['a', ['detect'], 'webgpu'],
    ['b', ['classify'], 'webgpu'],
  ];
  const shared = of({}, together);
  expect(dividesMore(of({}, ...apart), shared)).toBe(true);
  expect(dividesMore(of({ batch: 8 }, ...apart), shared)).toBe(true);
  for (const plan of [
    shared,
    of({ sha256: 'b' }, ...apart),
    of({ replicas: 2 }, together, ['b', ['classify']]),
  ])
    expect(dividesMore(plan, shared)).toBe(false);
  expect(dividesMore(shared, of({}, ...apart))).toBe(false);
});
