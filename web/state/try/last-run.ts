import { computed } from '@preact/signals';
import { canonicalJson } from '../../../solver/documents/canonical.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { opened } from '../app.ts';
import { noPlan, plan } from '../plan/planning.ts';
import { tried } from './trying.ts';

/**
 * The last run, if it is of the current plan or, while the settings have no plan, of any plan from the opened profile; else null.
 */
export const lastRun = computed<RunReport | null>(() => {
  const run = tried.value;
  const ran = run?.plans[0]?.plan;
  if (!run || ran?.profile.sha256 !== opened.value?.sha256) return null;
  return !plan.value || keyOf(ran!) === keyOf(plan.value) ? run : null;
});

/** The plan of the last run, if it is not the plan for the opened profile and the current settings; else null. */
export const otherPlanRan = computed<Plan | null>(() => {
  const ran = tried.value?.plans[0]?.plan;
  return ran && opened.value && (noPlan.value || !lastRun.value) ? ran : null;
});

/**
 * A text that is equal for plans that run alike. Whole plans may differ even then, e.g. in the time at which they were made.
 */
const keyOf = ({ slaMs, ratePerS, percentile, stages, workers }: Plan): string =>
  canonicalJson({ slaMs, ratePerS, percentile, stages, workers });
