import type { Command } from 'commander';

/** What every command takes that talks to a cluster. */
export const addKubeconfigOptions = (command: Command): Command =>
  command
    .option('--kubeconfig <file>', "default: KUBECONFIG, then ~/.kube/config, then the pod's own account")
    .option('--context <name>', 'of the kubeconfig (default: its current one)');
