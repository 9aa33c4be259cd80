import { batchOf, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import type { ExecutorWorker } from '../../workers/executor/start-worker.ts';
import type { RecordedStage } from '../../workers/profiler/recorded-stage.ts';

/**
 * Makes a worker that answers at once with recorded results of a model, one after the other, whatever the items of a batch are.
 * The profiler uses this worker to measure what serving costs without the time of a model.
 */
export function replayingWorker(recorded: readonly RecordedStage[]): ExecutorWorker {
  const byStage = new Map(
    recorded.map(({ stage, results, children, childCounts }) => {
      const childrenOf = inGroups(itemsOf(children), childCounts);
      return [
        stage,
        { answers: results.map((result, i) => ({ result, children: childrenOf[i]! })), next: 0 },
      ];
    }),
  );
  return {
    info: { ortVersion: 'none', ortBuild: 'node', crossOriginIsolated: false, timerGrainMs: 0 },
    lost: new Promise(() => {}),
    terminate() {},
    async run(stage, { lengths }) {
      const replay = byStage.get(stage)!;
      const answers = lengths.map(() => replay.answers[replay.next++ % replay.answers.length]!);
      return {
        results: answers.map(({ result }) => result),
        children: batchOf(answers.flatMap(({ children }) => children)),
        childCounts: answers.map(({ children }) => children.length),
      };
    },
  };
}
