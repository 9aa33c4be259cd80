import { Command } from 'commander';
import { VERSION } from '../workers/command/version.ts';

/** The program `ipa-edge`, without its commands. */
export const ipaEdge = () =>
  new Command('ipa-edge')
    .description(
      "Measures the model variants of an inference pipeline on this machine's GPU or CPU, finds the exact best variant, " +
        'batch size and number of replicas of each stage for a latency SLA, and runs that plan.',
    )
    .version(VERSION)
    .addHelpText(
      'after',
      `
Commands pass JSON documents on: manifest → profile → plan → report.

  $ ipa-edge bench --pipeline fashion                                  all steps, and a report to look at
  $ ipa-edge profile --pipeline fashion --out profile.json
  $ ipa-edge plan --profile profile.json --sla 300 --rate 5 --out plan.json
  $ ipa-edge run --plan plan.json --rate 5 --duration 40s --out report.json

  $ ipa-edge pin Xenova/resnet-18 --out my/manifest.json               a manifest from models of a hub
  $ ipa-edge bench --recipe nlp                                        a whole pipeline of them, with its data: all steps

Exit codes: 0 success, 1 failed, 2 bad usage or a bad document, 130 stopped with Ctrl-C; finished measurements are kept.`,
    );

/** Functions that import the commands of `ipa-edge`. The program imports only the command that it runs, to start sooner. */
export const COMMANDS = {
  pin: async () => (await import('./commands/pin.ts')).pinCommand(),
  fetch: async () => (await import('./commands/fetch.ts')).fetchCommand(),
  pack: async () => (await import('./commands/pack.ts')).packCommand(),
  profile: async () => (await import('./commands/profile.ts')).profileCommand(),
  operators: async () => (await import('./commands/operators.ts')).operatorsCommand(),
  plan: async () => (await import('./commands/plan.ts')).planCommand(),
  solve: async () => (await import('./commands/solve.ts')).solveCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  export: async () => (await import('./commands/export.ts')).movedExportCommand(),
};
