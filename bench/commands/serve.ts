import { Command } from 'commander';
import * as option from '../../workers/command/options.ts';
import { servePage } from '../runner/host.ts';

export const serveCommand = () =>
  new Command('serve')
    .description('serve the page on 127.0.0.1, with the headers that it needs')
    .option('--port <n>', 'port on 127.0.0.1', option.port, 4173)
    .addHelpText(
      'after',
      `
  $ ipa-edge serve
  $ ipa-edge serve --port 8080`,
    )
    .action(async (options) => {
      const { url } = await servePage(options.port);
      console.log(`serving ${url} (Ctrl-C to stop)`);
    });
