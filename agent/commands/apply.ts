import { Command, Option } from 'commander';
import type { Plan } from '../../solver/documents/plan.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { appliedText } from '../kubernetes/applied-text.ts';
import { applyPlan, previousPlan, servedBy } from '../kubernetes/apply.ts';
import { openCluster } from '../kubernetes/client.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { addClusterOptions, clusterSettings } from './cluster.ts';
import { addKubeconfigOptions } from './kubeconfig.ts';

export const applyCommand = () =>
  addKubeconfigOptions(
    addClusterOptions(
      new Command('apply')
        .description('make a cluster serve a plan')
        .option('--plan <file>', 'what to run')
        .option('--rollback <pipeline>', 'instead of --plan: the plan that served before, of that pipeline')
        .addOption(
          new Option('--target <name>', 'what is to run it').choices(['kubernetes']).default('kubernetes'),
        )
        .addOption(option.planManifestOption()),
    ),
  )
    .option('--dry-run', 'only say what would change')
    .option('--prune', 'remove what earlier plans have left')
    .option('--force', 'take over fields that others manage')
    .option('--json', 'print what became of each object, as JSON')
    .addHelpText(
      'after',
      `
Variants and batches change in the pods that run; pods are replaced only where they need other resources. Nothing is
changed unless the API server takes all of it. Image, models and node selector stay as they were where they are not given.

  $ ipa-agent apply --plan plan.json --image registry.example/ipa-edge:0.1.0 --dry-run
  $ ipa-agent apply --plan plan.json --namespace shop --prune
  $ ipa-agent apply --rollback fashion`,
    )
    .action(async (flags) => {
      const cluster = await openCluster(flags);
      const plan = await planOf(flags, cluster);
      const path = option.planManifestPath(plan, flags);
      const { manifest } = await loadModelFolder(path);
      checkPipeline(plan, manifest);
      const { settings: before } = await servedBy(cluster, plan.pipeline, flags.namespace);
      const settings = clusterSettings(flags, plan.pipeline, before);
      const applied = await applyPlan(cluster, plan, { facts: manifest, settings }, flags);
      if (flags.json)
        return console.log(
          JSON.stringify(
            applied.map(({ object: { kind, metadata }, state, changes }) => ({
              kind,
              name: metadata.name,
              state,
              changes,
            })),
          ),
        );
      const where = `namespace ${flags.namespace} of ${cluster.server}`;
      console.log(`${planText(plan)}\n\n${where}:\n${appliedText(applied, flags.dryRun ?? false)}`);
    });

interface PlanFlags {
  readonly plan?: string;
  readonly rollback?: string;
  readonly namespace: string;
}

/** @throws UsageError, NoPreviousPlanError */
async function planOf({ plan, rollback, namespace }: PlanFlags, cluster: Cluster): Promise<Plan> {
  if ((plan === undefined) === (rollback === undefined))
    throw new UsageError('Give either --plan or --rollback.');
  return plan === undefined ? previousPlan(cluster, rollback!, namespace) : readJson(plan, parsePlan);
}
