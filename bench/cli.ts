import { runProgram } from '../workers/command/program.ts';
import { COMMANDS, ipaEdge } from './program.ts';

await runProgram(ipaEdge(), COMMANDS);
