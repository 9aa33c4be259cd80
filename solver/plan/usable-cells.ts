import { failureOf, type MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import type { PlanStage } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { NothingMeasuredError } from './errors.ts';
import type { IlpRequest } from './request.ts';

/**
 * The cells of a stage that the planner may use: measured, allowed by the request, and with outputs that agree with the
 * reference backend's.
 * @param kept the session that must stay
 * @throws NothingMeasuredError if there is no such cell
 */
export function usableCells(
  profile: Profile,
  stage: string,
  request: IlpRequest,
  kept = request.keep?.stages.find(({ name }) => name === stage),
): MeasuredCell[] {
  const { shared } = request;
  const variants = request.restrictTo?.[stage];
  const allowed = profile.cells.filter(
    (cell) =>
      cell.stage === stage &&
      (variants?.includes(cell.variant) ?? true) &&
      (request.backends?.includes(cell.backend) ?? true) &&
      (!shared || onGpu(cell.backend) || cell.threads === shared.threads) &&
      (kept === undefined || runsOn(kept, cell)),
  );
  const measured = allowed.filter((cell) => cell.state === 'measured');
  const usable = measured.filter((cell) => !cell.flags.includes('output-mismatch'));
  if (usable.length > 0) return usable;
  if (measured.length > 0)
    throw new NothingMeasuredError(
      stage,
      `the outputs of all ${measured.length} measured cells differ from the reference backend's. ` +
        'Allow another backend or variant.',
    );
  const asked = [
    ...(variants ? [`variants ${variants.join(', ')}`] : []),
    ...(request.backends ? [`backends ${request.backends.join(', ')}`] : []),
  ].join(' on ');
  const failed = allowed.find((cell) => cell.state === 'failed');
  const why = failed ? ` (${failed.variant}: ${failureOf(failed)})` : '';
  throw new NothingMeasuredError(
    stage,
    `${allowed.length > 0 ? `all ${allowed.length} cells` : 'no cell'}${asked && ` of ${asked}`} ` +
      `${allowed.length > 0 ? `were skipped or failed${why}` : 'is in the profile'}. ` +
      'Profile again with them, or with a larger budget, or allow others.',
  );
}

/**
 * Whether a warm session can run a cell's batches at once. On a GPU it would first have to compile shaders for larger batches.
 */
const runsOn = (session: PlanStage, cell: Profile['cells'][number]): boolean =>
  session.variant === cell.variant &&
  session.backend === cell.backend &&
  session.threads === cell.threads &&
  (!onGpu(session.backend) || cell.batch <= session.batch);
