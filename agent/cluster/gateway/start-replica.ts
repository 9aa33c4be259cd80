import { Agent } from 'undici';
import { onGpu } from '../../../solver/documents/common.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { StartWorker } from '../../../workers/executor/start-worker.ts';
import { ReplicaSilentError } from '../errors.ts';
import type { Directory, OnLeave } from './directory.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

/** The most bytes of a replica's answer. Any batch takes far fewer; the limit keeps a replica from filling the gateway's memory. */
const ANSWER_BYTES_MAX = 256 * 2 ** 20;

/** Identifies the sessions that a replica loads for stages of a plan. Different sessions need a new worker of the executor. */
const sessionOf = (planned: readonly PlanStage[]): string =>
  planned
    .map(
      ({ sha256, standby, backend, threads, batch }) =>
        `${sha256}/${standby?.sha256 ?? ''}/${backend}/${threads}${onGpu(backend) ? `/${batch}` : ''}`,
    )
    .join(' ');

/**
 * Returns the function by which the executor uses replicas as workers of the stages that they hold, and one that closes the
 * connections to the replicas.
 * @param token reads the token that replicas require for `PUT /stage/<stage>`
 */
export function replicaStarter(
  directory: Directory,
  token: ReplicaOptions['token'],
  onHop: NonNullable<ReplicaOptions['onHop']>,
): { startWorker: StartWorker; close(): void } {
  // Batches need no timeout here, because the executor's supervisor ends a worker that hangs.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: ANSWER_BYTES_MAX });
  const startWorker: StartWorker = async (id, planWorker, plan) => {
    const planned = planWorker.stages.map((name) => plan.stages.find((stage) => stage.name === name)!);
    let replica: Replica | undefined;
    let left: Parameters<OnLeave> | undefined;
    const gone = new AbortController();
    const { url, giveBack, giveBackSilent } = directory.lend(
      planWorker.stages,
      sessionOf(planned),
      (...how) => {
        left = how;
        gone.abort(new Error(how[0]));
        replica?.leave(...how);
      },
    );
    try {
      const options = { id, url, dispatcher, planned, token, onEnd: giveBack, onHop };
      replica = await Replica.start({ ...options, gone: gone.signal });
    } catch (error) {
      if (error instanceof ReplicaSilentError && !gone.signal.aborted) giveBackSilent();
      else giveBack();
      throw error;
    }
    if (left !== undefined) replica.leave(...left);
    return replica;
  };
  return { startWorker, close: () => void dispatcher.destroy() };
}
