import { COMMANDS, ipaAgent } from '../../agent/program.ts';
import { runCommand } from '../../workers/command/program.ts';
import { IPA_AGENT } from '../compiled.ts';
import { type RanHere, runHere } from '../run-here.ts';

/** Runs `ipa-agent` as {@link runHere} does. @param lastText a text after which the command gets SIGTERM */
export const ipaAgentHere = (args: readonly string[], lastText?: string): Promise<RanHere> =>
  runHere(() => runCommand(ipaAgent(), COMMANDS, [process.execPath, IPA_AGENT, ...args]), { lastText });
