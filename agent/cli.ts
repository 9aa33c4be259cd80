import { Command } from 'commander';
import { runProgram } from '../workers/command/program.ts';
import { applyCommand } from './commands/apply.ts';
import { crdCommand } from './commands/crd.ts';
import { exportCommand } from './commands/export.ts';
import { gatewayCommand } from './commands/gateway.ts';
import { profileCommand } from './commands/profile.ts';
import { serveCommand } from './commands/serve.ts';
import { stageCommand } from './commands/stage.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { watchCommand } from './commands/watch.ts';
import { VERSION } from './kubernetes/settings.ts';

const program = new Command('ipa-agent')
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

await runProgram(program, [
  profileCommand(),
  serveCommand(),
  applyCommand(),
  exportCommand(),
  crdCommand(),
  uninstallCommand(),
  watchCommand(),
  stageCommand(),
  gatewayCommand(),
]);
