import type { Item } from '../../models/items/item-batch.ts';
import type { Scratch } from '../../models/tasks/program.ts';
import type { Session } from '../../models/tasks/tensor.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { OperatorTime, OperatorTimes } from './protocol.ts';
import { settle } from './settle.ts';
import { TraceReader, type TraceTotals } from './trace-reader.ts';
import { runVariant, type VariantSessions } from './variant-sessions.ts';

/** The profiler keeps each node of each run in memory, so there are few runs, and fewer of slow models. */
const WARM = { windowMs: 40, runsMost: 5, windowsMost: 4, mostMs: 1000 };
const MEASURED = { least: 3, most: 20, mostMs: 1000 };

/**
 * Times the operators of a variant whose sessions are profiled.
 * @param batches at least one; the first warms the sessions up
 */
export async function timeOperators(
  { sessions, ...variant }: VariantSessions,
  batches: readonly (readonly Item[])[],
  scratch: Scratch,
): Promise<OperatorTimes> {
  const counted = Object.entries(sessions).map(([role, session]) => ({ role, session, runs: 0 }));
  const counting = counted.map((one): [string, Session] => {
    const run: Session['run'] = (feeds, fetches) => {
      one.runs++;
      return one.session.run(feeds, fetches);
    };
    return [one.role, { ...one.session, run }];
  });
  const own = { ...variant, sessions: Object.fromEntries(counting) };
  const run = async (items: readonly Item[]) => {
    const start = performance.now();
    await runVariant(own, items, scratch);
    return performance.now() - start;
  };
  await settle(() => run(batches[0]!), WARM);
  const warm = counted.map(({ runs }) => runs);
  let measured = 0;
  for (
    let spentMs = 0;
    measured < MEASURED.least || (spentMs < MEASURED.mostMs && measured < MEASURED.most);
  )
    spentMs += await run(batches[measured++ % batches.length]!);
  const times: SessionTimes[] = [];
  for (const [i, { role, session, runs }] of counted.entries()) {
    const skip = warm[i]!;
    const reader = new TraceReader({ gpu: onGpu(variant.spec.backend), skip });
    await session.endProfiling((line) => reader.take(line));
    times.push({ role, runsPerBatch: (runs - skip) / measured, ...reader.totals() });
  }
  return ofBatch(times, measured);
}

interface SessionTimes extends TraceTotals {
  readonly role: string;
  readonly runsPerBatch: number;
}

/** The mean times and calls of one batch. */
function ofBatch(sessions: readonly SessionTimes[], batches: number): OperatorTimes {
  // A long trace may lack the last runs, so the means are taken over the runs in the trace.
  const means = sessions.map(({ role, runs, runsPerBatch, runMs, operators }) => {
    const factor = runs === 0 ? 0 : runsPerBatch / runs;
    const own = operators.map(
      ({ operator, on, calls, ms }): OperatorTime => ({
        ...{ session: role, operator, on },
        ...{ calls: calls * factor, ms: ms * factor },
      }),
    );
    return { ms: runMs * factor, own };
  });
  return {
    batches,
    batchMs: means.reduce((sum, { ms }) => sum + ms, 0),
    operators: means.flatMap(({ own }) => own).sort((a, b) => b.ms - a.ms),
    kernelsTimed: sessions.every(({ kernelsTimed }) => kernelsTimed),
  };
}
