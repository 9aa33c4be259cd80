import { Command } from 'commander';
import * as option from '../../workers/command/options.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { changesText } from './changes-text.ts';
import { addEngineOptions, type EngineFlags, openEngine } from './engine.ts';

interface UninstallFlags extends EngineFlags {
  readonly pipeline?: string;
  readonly manifest?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const uninstallCommand = () =>
  addEngineOptions(
    new Command('uninstall')
      .description(
        'remove everything of a pipeline from a cluster: what serves and watches it, its plans, its token',
      )
      .addOption(option.pipelineOption())
      .addOption(option.manifestOption()),
  )
    .option('--dry-run', 'report what would be removed, and remove nothing')
    .option('--json', 'print the objects as JSON')
    .addHelpText(
      'after',
      `
Requests that the pods have accepted are still answered. Events stay until the cluster forgets them.

  $ ipa-agent uninstall --pipeline fashion --namespace shop --dry-run`,
    )
    .action(async (flags: UninstallFlags) => {
      const { pipeline } = await loadModelFolder(option.manifestPath(flags));
      const engine = await openEngine(flags, pipeline);
      const { dryRun = false } = flags;
      const removed = await engine.remove({ dryRun });
      if (flags.json) console.log(JSON.stringify(removed));
      else console.log(`${engine.target}:\n${changesText(removed, dryRun)}`);
    });
