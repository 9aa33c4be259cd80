import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { SolvedPlan } from '../../workers/planner/planner.ts';
import type { ProfileProgress } from '../../workers/profiler/types.ts';

/**
 * Only one tab at a time measures, runs a plan or checks added models, because two tabs would slow each other and distort the
 * measurements. The working tab holds a lock, which the browser frees when the tab is closed or crashes, and reports its work to
 * the other tabs.
 */

/** Progress of a profile. */
export interface ProfileState {
  readonly progress: Omit<ProfileProgress, 'finished' | 'recalled'> | null;
  /** `asked`: the profiler pauses when the current cell is finished. */
  readonly pause: 'off' | 'asked' | 'on';
  /** The best plan from the measurements so far; `none` if no plan keeps the settings, null before every model is measured. */
  readonly provisional: SolvedPlan | 'none' | null;
}

/** The work of the tab that holds the lock. */
export interface TabWork {
  readonly pipeline: string;
  /** Null while the tab does not measure. */
  readonly profile: ProfileState | null;
  /** Whether the tab checks models that are added. */
  readonly adds?: boolean;
  /** Whether the tab is hidden, and so measures nothing until it is shown. */
  readonly hidden: boolean;
}

type Message =
  | { readonly work: TabWork }
  | { readonly ask: 'what' | 'stop' }
  | { readonly changed: 'profiles' };

/** The work of another tab; null if no other tab is known to work. */
export const otherTab = signal<TabWork | null>(null);

/** Describes the work of another tab. */
export function otherTabDoes({ pipeline, profile, adds }: TabWork): string {
  if (adds) return 'Another tab adds models';
  return profile ? `Another tab measures ${pipeline}` : `Another tab runs a plan of ${pipeline}`;
}

/** Why this tab must wait for another one; null if no other tab is known to work. */
export const heldByOtherTab = computed<string | null>(
  () =>
    otherTab.value &&
    `${otherTabDoes(otherTab.value)}. Wait until it has finished, or stop it under Measure.`,
);

/** Another tab works, which this one must not disturb. */
class OtherTabError extends Error {
  override name = 'OtherTabError';
  constructor() {
    super(
      'Another tab of this page measures, runs a plan or adds models. Wait until it has finished, or stop it.',
    );
  }
}

const NAME = 'ipa-edge/measuring';
/** Null if the browser refuses to open a channel, as some do while they block a page's data. Then no tab knows of another one. */
const channel = openChannel();
const send = (message: Message): void => channel?.postMessage(message);

function openChannel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(NAME);
  } catch {
    return null;
  }
}

/** Whether this browser can keep two tabs from measuring at once: whether it has locks, and does not refuse them to the page. */
export async function keepsTabsApart(): Promise<boolean> {
  try {
    await navigator.locks.query();
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs `work` while no other tab works, and reports `state` to the other tabs. In a browser without locks, several tabs may work
 * at once.
 * @param controller aborted if the user asks in another tab to end the work early
 * @throws OtherTabError, and what the work throws
 */
export async function asTheOnlyTab(
  state: ReadonlySignal<TabWork>,
  controller: AbortController,
  work: () => Promise<void>,
): Promise<void> {
  if (!(await keepsTabsApart())) return work();
  await locked(async () => {
    const answer = ({ data }: MessageEvent<Message>) => {
      if (!('ask' in data)) return;
      if (data.ask === 'stop') controller.abort();
      else send({ work: state.value });
    };
    channel?.addEventListener('message', answer);
    const untold = effect(() => send({ work: state.value }));
    try {
      await work();
    } finally {
      untold();
      channel?.removeEventListener('message', answer);
    }
  });
}

/** @throws OtherTabError */
async function locked(work: () => Promise<void>): Promise<void> {
  for (;;) {
    const got = await navigator.locks.request(NAME, { ifAvailable: true }, async (lock) => {
      if (lock) await work();
      return lock !== null;
    });
    if (got) return;
    const { held = [] } = await navigator.locks.query();
    // If the lock is held only as shared, another tab takes it for a moment in `untilFree`, so the next request soon succeeds.
    if (held.some(({ name, mode }) => name === NAME && mode === 'exclusive')) throw new OtherTabError();
  }
}

/** Asks the other tab to stop. The other tab keeps what it has measured. */
export const stopOtherTab = (): void => send({ ask: 'stop' });

/** Tells other tabs that profiles were saved or deleted. */
export const tellChanged = (): void => send({ changed: 'profiles' });

/**
 * Keeps {@link otherTab} up to date.
 * @param onChanged called each time another tab has saved or deleted profiles, has ended its work, or was closed
 */
export function followOtherTabs(onChanged: () => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if ('changed' in data) onChanged();
    if (!('work' in data)) return;
    const isFirst = otherTab.value === null;
    otherTab.value = data.work;
    if (isFirst) void untilFree().then(onChanged);
  });
  send({ ask: 'what' });
}

async function untilFree(): Promise<void> {
  await navigator.locks.request(NAME, { mode: 'shared' }, () => {});
  otherTab.value = null;
}
