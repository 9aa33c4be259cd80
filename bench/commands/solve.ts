import { Command } from 'commander';
import { parseProblem } from '../../solver/documents/problem.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { readJson } from '../../workers/command/files.ts';

export const solveCommand = () =>
  new Command('solve')
    .description('solve the integer program alone, for a problem given as JSON')
    .argument('<problem>', 'a JSON file with one problem or an array of them; - is standard input')
    .addHelpText(
      'after',
      `
  $ echo '{"slaMs": 100, "objective": {"alpha": 1, "beta": 0.01, "delta": 0, "accuracy": "product"},
           "stages": [{"name": "detect", "options": [
             {"id": "small", "latencyMs": 20, "accuracy": 0.8, "cost": 1, "batch": 1},
             {"id": "large", "latencyMs": 90, "accuracy": 0.9, "cost": 4, "batch": 1}]}]}' | ipa-edge solve -

Prints {"status": "optimal" | "infeasible", …} per problem, in order.`,
    )
    .action(async (path: string) => {
      const problems = await readJson(path, (value, source) =>
        Array.isArray(value)
          ? value.map((one, i) => parseProblem(one, `${source}[${i}]`))
          : parseProblem(value, source),
      );
      const solver = await loadSolver();
      const answers = Array.isArray(problems)
        ? problems.map((problem) => solver.solve(problem))
        : solver.solve(problems);
      console.log(JSON.stringify(answers));
    });
