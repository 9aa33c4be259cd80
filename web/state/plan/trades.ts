import { computed } from '@preact/signals';
import { accuraciesUnknown } from '../../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../../solver/documents/report.ts';
import { sameCostAndAccuracy } from '../../../solver/frontier/weights.ts';
import { chosenPoints, frontier, isFresh, plan } from './planning.ts';
import { planSettings } from './settings.ts';

const chosen = computed(() => {
  const { source } = frontier.value ?? {};
  return source && !accuraciesUnknown(source.profile) ? chosenPoints.value : [];
});

/**
 * The combinations that the planner chooses for some β, from the cheapest to the most accurate; empty while the frontier or the
 * accuracies are unknown.
 */
export const trades = computed<readonly FrontierPoint[]>(() => chosen.value.map(({ point }) => point));

/** The index in {@link trades} of the combination that the current weights choose. */
export const tradePlace = computed<number>(() => {
  const { alpha, beta } = planSettings.value;
  const place = chosen.value.findIndex(({ weights }) => beta >= alpha * weights.betaMin);
  return place < 0 ? Math.max(0, chosen.value.length - 1) : place;
});

/**
 * The index in {@link trades} of the combination that the current plan runs. It differs from {@link tradePlace} if the simulation
 * confirmed only a tightened plan. -1 if no trade is the plan's; null while the plan, its PAS or the frontier is not known.
 */
export const runPlace = computed<number | null>(() => {
  const { predicted } = plan.value ?? {};
  if (!predicted || predicted.pas === null || !isFresh(frontier.value)) return null;
  const { cost, pas: accuracy } = predicted;
  return trades.value.findIndex((point) => sameCostAndAccuracy(point, { cost, accuracy }));
});
