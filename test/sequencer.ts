import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Projects with long files come first, so that at the end the short files of other projects use the cores that are idle. */
const ORDER = ['browser', 'page', 'node', 'long', 'logic'];

/** The files that take longest: they come before all others, so that none of them still runs when all others have ended. */
const LONGEST = [
  'agent/kubernetes/gateway',
  'agent/kubernetes/watch',
  'web/accessibility',
  'web/try',
  'bench/adapt',
  'package/tarball',
  'web/own',
  'bench/hub',
  'agent/kubernetes/commands',
  'web/plan',
  'web/front',
  'models/minis',
  'agent/serve',
  'workers/profile',
  'solver/simulate/closed-form',
  'solver/confirmed',
  'solver/regret',
  'solver/adapt/predictors/learned',
];

const place = ({ project, moduleId }: TestSpecification): number => {
  const rank = LONGEST.findIndex((file) => moduleId.endsWith(`/test/${file}.test.ts`));
  return rank >= 0 ? rank - LONGEST.length : ORDER.indexOf(project.name);
};

/** Runs the longest files first, then project by project. Each begins with files that took longest last time, or are largest. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
