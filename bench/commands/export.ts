import { Command } from 'commander';
import { UsageError } from '../../workers/command/exit.ts';

/** The command `ipa-edge export` has moved to the agent. The old name, which the help does not list, tells users the new one. */
export const movedExportCommand = (): Command =>
  new Command()
    .command('export', { hidden: true })
    .description('moved: use ipa-agent export')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new UsageError(
        'Use `ipa-agent export --plan <file> --out <dir>`: this command is part of ipa-agent now.',
      );
    });
