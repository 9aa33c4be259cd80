import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { readJson } from '../../workers/command/files.ts';
import { withOwnReplicas } from '../cluster/replica-plan.ts';

export const WITHOUT_HOPS =
  'The predicted latencies leave out the way of batches to pods, which the profile does not have. Profile with --pods, and plan again.';

/**
 * Reads a plan and adapts it to a cluster. Writes to standard error if the result has other pods than the file's plan, and if the
 * prediction leaves out the way of batches to pods.
 * @throws the errors of reading a file, and of a document that is no plan
 */
export async function readClusterPlan(path: string): Promise<Plan> {
  const read = await readJson(path, parsePlan);
  const plan = withOwnReplicas(read);
  if (plan !== read)
    console.error(
      `Each stage gets pods of its own, because the cores suffice: ${plan.workers.length} pods instead of ${read.workers.length} with all stages. The predicted latencies stay those of shared pods, which are busier.`,
    );
  if (!plan.forPods) console.error(WITHOUT_HOPS);
  return plan;
}
