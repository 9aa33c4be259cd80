import type { Command } from 'commander';
import * as option from '../../workers/command/options.ts';

const LOOPBACK = '127.0.0.1';
const ALL_ADDRESSES = ['0.0.0.0', '::'];

/** Adds the options of commands that serve over HTTP. */
export const addAddressOptions = (command: Command): Command =>
  command
    .option(
      '--host <address>',
      `address to listen on, :: for all of them (default: ${LOOPBACK}); each further --host is a name by which clients reach it`,
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--port <n>', 'port to listen on; 0 for a free one', option.port, 8080);

export interface AddressFlags {
  readonly host?: readonly string[];
  readonly port: number;
}

/** The address on which a command listens. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** Host names under which the command answers, besides IP addresses and localhost; undefined: under any name. */
  readonly names: readonly string[] | undefined;
}

export function addressOf({ host: hosts = [LOOPBACK], port }: AddressFlags): Address {
  return { host: hosts[0]!, port, names: hosts };
}

/**
 * The address of a pod. A pod that listens on all addresses answers under any name unless names are given, because Services and
 * an Ingress choose its names.
 */
export function podAddressOf(flags: AddressFlags): Address {
  const { host, port, names } = addressOf(flags);
  return { host, port, names: names!.length === 1 && ALL_ADDRESSES.includes(host) ? undefined : names };
}
