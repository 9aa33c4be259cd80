import { randomBytes } from 'node:crypto';
import { jsonValue } from '../../solver/documents/document.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { sleep } from '../../workers/executor/clock.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import type { Deployed } from './apply.ts';
import type { Cluster } from './cluster.ts';
import { type ProfileAsk, profileJob } from './export/profile-job.ts';

/** The job that profiles has ended without a profile. */
export class ProfileJobError extends Error {
  override name = 'ProfileJobError';
  constructor(pod: string, why: string) {
    super(`Profiling in Pod ${pod} failed: ${why}`);
  }
}

const LOOK_MS = 500;
/** Lines of a log that are told when it ends without a profile. */
const LAST_LINES = 5;

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly {
    readonly state?: {
      readonly waiting?: { readonly reason?: string; readonly message?: string };
      readonly terminated?: { readonly exitCode: number; readonly reason?: string };
    };
  }[];
}

/**
 * Profiles in a pod of the cluster, and fetches the profile from its log. The job is removed when it has ended, or when
 * the signal aborts.
 * @param onLine what the profiler writes: its progress
 * @throws ProfileJobError, Interrupted, ApiError and its kinds, ClusterUnreachableError
 */
export async function profileInCluster(
  cluster: Cluster,
  ask: ProfileAsk,
  { facts, settings }: Deployed,
  { signal, onLine }: { readonly signal: AbortSignal; onLine(line: string): void },
): Promise<IdentifiedProfile> {
  const job = profileJob(ask, facts, settings, randomBytes(4).toString('hex'));
  await cluster.create(job);
  try {
    const pod = await startedPod(cluster, job.metadata.name, settings.namespace, signal, onLine);
    const lines: string[] = [];
    for await (const line of cluster.logs(settings.namespace, pod, signal)) {
      // The profile is one line, the only one of its kind.
      if (line.startsWith('{')) {
        const source = `the log of Pod ${pod}`;
        return await parseIdentified(jsonValue(line, source), source);
      }
      lines.push(line);
      onLine(line);
    }
    signal.throwIfAborted();
    throw new ProfileJobError(pod, lines.slice(-LAST_LINES).join('\n') || 'it wrote nothing');
  } catch (error) {
    if (signal.aborted)
      throw new Interrupted('Stopped. The job was removed; nothing of it is kept.', { cause: error });
    throw error;
  } finally {
    await cluster.remove(job);
  }
}

/** The job's pod, once it runs or has run; what it waits for is told. */
async function startedPod(
  cluster: Cluster,
  job: string,
  namespace: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<string> {
  let told = '';
  for (;;) {
    signal.throwIfAborted();
    const labels = { 'job-name': job };
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace, labels });
    const pod = items[0];
    const status = (pod?.status ?? {}) as PodStatus;
    if (pod && ['Running', 'Succeeded', 'Failed'].includes(status.phase ?? '')) return pod.metadata.name;
    const waits = waitsFor(status);
    if (pod && waits !== told) {
      onLine(`Pod ${pod.metadata.name} waits: ${waits}`);
      told = waits;
    }
    await sleep(LOOK_MS, signal);
  }
}

/** Why a pod does not run yet. */
function waitsFor({ conditions = [], containerStatuses = [] }: PodStatus): string {
  const unmet = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const waiting = containerStatuses[0]?.state?.waiting;
  return (
    unmet?.message ?? ([waiting?.reason, waiting?.message].filter(Boolean).join(': ') || 'it is starting')
  );
}
