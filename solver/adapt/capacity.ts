import type { Plan } from '../documents/plan.ts';

/** Requests per second that a plan serves while its busiest workers run full batches without a pause. */
export function capacityPerS({ stages, workers, ratePerS }: Plan): number {
  const msPerRequest = (name: string) => {
    const { batch, serviceMs, itemsPerS } = stages.find((stage) => stage.name === name)!;
    return (itemsPerS * serviceMs.at(-1)!.meanMs) / (ratePerS * batch);
  };
  const counts = new Map<string, number>();
  for (const { stages: held } of workers) {
    const key = JSON.stringify(held);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.min(
    ...Array.from(counts, ([key, count]) => {
      const held: string[] = JSON.parse(key);
      return (1000 * count) / held.reduce((sum, name) => sum + msPerRequest(name), 0);
    }),
  );
}
