import { Command } from 'commander';
import { VERSION } from '../workers/command/version.ts';

/** The program `ipa-agent`, without its commands. */
export const ipaAgent = () =>
  new Command('ipa-agent')
    .description('Profiles an inference pipeline and serves it by a plan, on this machine or on Kubernetes.')
    .version(VERSION)
    .addHelpText(
      'after',
      `
  $ ipa-agent profile --pipeline fashion --out profile.json
  $ ipa-edge plan --profile profile.json --sla 100 --rate 50 --out plan.json
  $ ipa-agent serve --plan plan.json

  $ ipa-agent apply --plan plan.json --namespace shop --dry-run
  $ ipa-agent watch --pipeline fashion --profile profile.json --namespace shop

Exit codes: 0 success, 1 failed, 2 bad usage or a bad document, 130 stopped with Ctrl-C; what was finished is kept.`,
    );

/** Functions that import the commands of `ipa-agent`. The program imports only the command that it runs, to start sooner. */
export const COMMANDS = {
  profile: async () => (await import('./commands/profile.ts')).profileCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  apply: async () => (await import('./commands/apply.ts')).applyCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  crd: async () => (await import('./commands/crd.ts')).crdCommand(),
  uninstall: async () => (await import('./commands/uninstall.ts')).uninstallCommand(),
  watch: async () => (await import('./commands/watch.ts')).watchCommand(),
  stage: async () => (await import('./commands/stage.ts')).stageCommand(),
  gateway: async () => (await import('./commands/gateway.ts')).gatewayCommand(),
};
