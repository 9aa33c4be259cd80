import type { Manifest } from '../../../models/manifests/manifest.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { Recruit } from '../../../workers/executor/crew.ts';
import { OipClient } from '../../oip/client.ts';
import type { Directory } from './directory.ts';
import { PodWorker } from './pod-worker.ts';

/** What two workers have in common that must not be one pod's: the executor starts another where these differ. */
const sessionOf = ({ sha256, backend, threads, batch }: PlanStage): string =>
  `${sha256}/${backend}/${threads}${onGpu(backend) ? `/${batch}` : ''}`;

/** Workers are pods: each holds one stage. @param token what pods are changed with */
export function podRecruiter(
  { stages }: Manifest,
  directory: Directory,
  token: string | undefined,
): { recruit: Recruit; close(): void } {
  const clients = new Map<string, OipClient>();
  const clientOf = (url: string): OipClient => {
    const client = clients.get(url) ?? new OipClient(url);
    clients.set(url, client);
    return client;
  };
  const recruit: Recruit = async (id, planWorker, plan) => {
    const [name] = planWorker.stages as [string];
    const index = stages.findIndex((stage) => stage.name === name);
    const planned = plan.stages.find((stage) => stage.name === name)!;
    let worker: PodWorker | undefined;
    let gone: string | undefined;
    const { pod, giveBack } = directory.take(name, sessionOf(planned), (reason) => {
      gone = reason;
      worker?.leave(reason);
    });
    try {
      worker = await PodWorker.start({
        id,
        pod,
        client: clientOf(pod.url),
        stage: stages[index]!,
        next: stages[index + 1] ?? null,
        planned,
        token,
        onEnd: giveBack,
      });
    } catch (error) {
      giveBack();
      throw error;
    }
    if (gone !== undefined) worker.leave(gone);
    return worker;
  };
  return {
    recruit,
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
