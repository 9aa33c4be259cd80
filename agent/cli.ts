import { runProgram } from '../workers/command/program.ts';
import { COMMANDS, ipaAgent } from './program.ts';

await runProgram(ipaAgent(), COMMANDS);
