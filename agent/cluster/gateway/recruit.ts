import { Agent } from 'undici';
import { onGpu } from '../../../solver/documents/common.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { Recruit } from '../../../workers/executor/crew.ts';
import type { Directory } from './directory.ts';
import { Replica } from './replica.ts';

/** Names what a replica loads: the executor starts another worker where this differs. */
const sessionOf = ({ sha256, backend, threads, batch }: PlanStage): string =>
  `${sha256}/${backend}/${threads}${onGpu(backend) ? `/${batch}` : ''}`;

/** Gives the executor replicas as its workers; each holds one stage. @param token what `PUT /stage` of a replica takes */
export function replicaRecruiter(
  directory: Directory,
  token: string | undefined,
): { recruit: Recruit; close(): void } {
  // No timeouts for batches: the executor's supervisor ends a worker that hangs.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const recruit: Recruit = async (id, planWorker, plan) => {
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
  return { recruit, close: () => void dispatcher.destroy() };
}
