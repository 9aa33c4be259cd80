import type { Command } from 'commander';
import * as option from '../../workers/command/options.ts';

/** Adds the options of commands that serve over HTTP. */
export const addAddressOptions = (command: Command): Command =>
  command
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all of them', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for a free one', option.port, 8080);

export interface AddressFlags {
  readonly host: string;
  readonly port: number;
}
