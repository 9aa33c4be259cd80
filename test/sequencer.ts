import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Projects whose files take longest come first, so that the short files of the last ones fill what the long ones leave idle. */
const ORDER = ['page', 'node', 'long', 'logic'];

const place = ({ project }: TestSpecification): number => ORDER.indexOf(project.name);

/** Runs the projects with the longest files first; within a project, the files that took longest last time, or are largest. */
export default class LongestProjectsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
