import { Agent } from 'undici';
import { onGpu } from '../../../solver/documents/common.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { StartWorker } from '../../../workers/executor/start-worker.ts';
import type { Directory } from './directory.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

/** Identifies the session that a replica loads for a plan's stage. A different session needs a new worker of the executor. */
const sessionOf = ({ sha256, backend, threads, batch }: PlanStage): string =>
  `${sha256}/${backend}/${threads}${onGpu(backend) ? `/${batch}` : ''}`;

/** Lets the executor use replicas as workers of one stage each. @param token reads what replicas require for `PUT /stage` */
export function replicaStarter(
  directory: Directory,
  token: ReplicaOptions['token'],
): { startWorker: StartWorker; close(): void } {
  // Batches need no timeout here, because the executor's supervisor ends a worker that hangs.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const startWorker: StartWorker = async (id, planWorker, plan) => {
    const [name] = planWorker.stages as [string];
    const planned = plan.stages.find((stage) => stage.name === name)!;
    let replica: Replica | undefined;
    let left: string | undefined;
    const { endpoint, giveBack } = directory.lend(name, sessionOf(planned), (reason) => {
      left = reason;
      replica?.leave(reason);
    });
    try {
      replica = await Replica.start({
        id,
        url: endpoint.url,
        dispatcher,
        planned,
        token,
        onEnd: giveBack,
      });
    } catch (error) {
      giveBack();
      throw error;
    }
    if (left !== undefined) replica.leave(left);
    return replica;
  };
  return { startWorker, close: () => void dispatcher.destroy() };
}
