import { computed, effect, signal, untracked } from '@preact/signals';
import { z } from 'zod';
import { backend, positiveCount } from '../../../solver/documents/common.ts';
import { backendsOf, type IdentifiedProfile, type Profile } from '../../../solver/documents/profile.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE, DEFAULT_PERCENTILE } from '../../../solver/plan/request.ts';
import { opened, profile } from '../app.ts';
import { kept } from '../kept.ts';
import { suitedSla } from './suited-sla.ts';

export const PERCENTILES = [90, 95, 99] as const;

/** Upper limits of the form's inputs; `weight` is for α and β. */
export const SETTINGS_MAX = { slaMs: 1e6, ratePerS: 1e5, weight: 1e6 } as const;

/** The settings of the section Plan, which a link can contain. */
export const planSettingsSchema = z.strictObject({
  slaMs: z.number().positive().max(SETTINGS_MAX.slaMs),
  ratePerS: z.number().positive().max(SETTINGS_MAX.ratePerS),
  percentile: z.literal(PERCENTILES),
  alpha: z.number().nonnegative().max(SETTINGS_MAX.weight),
  beta: z.number().nonnegative().max(SETTINGS_MAX.weight),
  /** Null for all backends of the profile. */
  backends: z.array(backend).min(1).nullable(),
  /** Null for the number of cores that plans from the profile may hold by default. */
  cores: positiveCount.nullable(),
});
export type PlanSettings = z.infer<typeof planSettingsSchema>;

/** The user's own settings. {@link lentSettings} may replace them for a while. */
export const ownSettings = kept<PlanSettings>({
  name: 'plan',
  schema: planSettingsSchema,
  initial: {
    slaMs: 100,
    ratePerS: 5,
    percentile: DEFAULT_PERCENTILE,
    alpha: DEFAULT_OBJECTIVE.alpha,
    beta: DEFAULT_OBJECTIVE.beta,
    backends: null,
    cores: null,
  },
});

/**
 * Settings that come with a profile, such as the example. They replace the user's settings while that profile is open, and are
 * never stored.
 */
export const lentSettings = signal<{
  readonly source: IdentifiedProfile;
  readonly settings: PlanSettings;
} | null>(null);
const isLent = (): boolean => lentSettings.value !== null && lentSettings.value.source === opened.value;

/** The settings to plan with: the chosen ones, but the default for backends or cores that the opened profile does not have. */
export const planSettings = computed(() => {
  const chosen = isLent() ? lentSettings.value!.settings : ownSettings.value;
  return profile.value ? usableSettings(chosen, profile.value) : chosen;
});

/**
 * Sets the backends to all if plans from a profile cannot have each of them, and the cores to the default if the profile's device
 * has fewer. Returns the same object if nothing changes.
 */
function usableSettings(settings: PlanSettings, source: Profile): PlanSettings {
  const { backends, cores } = settings;
  const measured = backendsOf(source);
  const lacksBackend = backends?.some((one) => !measured.includes(one)) ?? false;
  const lacksCores = cores !== null && cores > source.device.logicalCores;
  if (!lacksBackend && !lacksCores) return settings;
  return { ...settings, ...(lacksBackend && { backends: null }), ...(lacksCores && { cores: null }) };
}

function setSettings(settings: PlanSettings): void {
  if (isLent()) lentSettings.value = { source: opened.value!, settings };
  else ownSettings.value = settings;
}

/** Whether the user chose the SLA. Until then, each opened profile sets an SLA that suits its device. */
const slaChosen = kept({ name: 'sla-chosen', schema: z.boolean(), initial: false });

export function changePlanSettings(part: Partial<PlanSettings>): void {
  if (part.slaMs !== undefined && !isLent()) slaChosen.value = true;
  setSettings({ ...planSettings.value, ...part });
}

/** Applies settings from a file or a link, and drops {@link lentSettings}. */
export function takePlanSettings(settings: PlanSettings): void {
  lentSettings.value = null;
  changePlanSettings(settings);
}

/** The default SLA for a profile, within the limit of the form, of links and of archives. */
const defaultSla = (source: Profile): number => Math.min(SETTINGS_MAX.slaMs, suitedSla(source));

effect(() => {
  const source = profile.value;
  if (!source || untracked(isLent)) return;
  const slaMs = slaChosen.peek() ? ownSettings.peek().slaMs : defaultSla(source);
  ownSettings.value = usableSettings({ ...ownSettings.peek(), slaMs }, source);
});

/** If no plan meets the default SLA, it becomes the lowest feasible SLA × this factor, so that there is a choice of plans. */
const ROOM = 1.5;

/**
 * The default SLA to use next if `why` says that no plan meets the current SLA. Null for other errors, if the user chose the SLA,
 * and if every SLA that helps is longer than the form takes.
 */
export const roomySla = (why: unknown): number | null => {
  if (slaChosen.value || !(why instanceof InfeasiblePlanError) || why.nearestSlaMs === null) return null;
  const slaMs = Math.ceil(ROOM * why.nearestSlaMs);
  return slaMs <= SETTINGS_MAX.slaMs ? slaMs : null;
};

/** Increases the default SLA if no plan meets it. */
export function tryDefaultSla(why: Error): void {
  const slaMs = isLent() ? null : roomySla(why);
  if (slaMs !== null) ownSettings.value = { ...ownSettings.peek(), slaMs };
}

/** The user's settings for a profile that is being measured, with all backends and, if the user chose no SLA, a suited one. */
export const draftSettings = (draft: Profile): PlanSettings => ({
  ...usableSettings(ownSettings.peek(), draft),
  ...(!slaChosen.peek() && { slaMs: defaultSla(draft) }),
  backends: null,
});
