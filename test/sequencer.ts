import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Projects whose files take longest come first, so that the short files of the last ones fill what the long ones leave idle. */
const ORDER = ['page', 'node', 'long', 'logic'];

/** The files that take longest: they come before all others, so that none of them is left when everything else has ended. */
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

/** Runs the longest files first, then project by project; within a project, the files that took longest last time, or are largest. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
