import type { ProfileProgress } from '../../../workers/profiler/types.ts';
import { cellText, duration, plural } from '../../components/format.ts';
import { checked, models, store } from '../../state/app.ts';
import { openExample } from '../../state/example.ts';
import {
  deleteInterrupted,
  finished,
  interrupted,
  liveCells,
  pauseProfile,
  profileState,
  resumable,
  resumeInterrupted,
  resumeProfile,
  running,
  startProfile,
  wasHidden,
} from '../../state/measure/profiling.ts';
import { whyNotMeasurable } from '../../state/measure/settings.ts';
import { busy, heldByAdding } from '../../state/pipelines/adding.ts';
import { otherTab, otherTabDoes, type ProfileState, stopOtherTab, type TabWork } from '../../state/tabs.ts';
import { trying } from '../../state/try/trying.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';
import { useKeptFocus } from '../controls/kept-focus.ts';
import { StartFacts } from './Estimate.tsx';
import { Provisional } from './Provisional.tsx';

const PHASES: Record<ProfileProgress['phase'], string> = {
  models: 'Loading models',
  accuracy: 'Measuring accuracy',
  cells: 'Measuring speed',
  'co-run': 'Measuring workers side by side',
  pauses: 'Measuring after pauses',
  refine: 'Measuring again',
};
const ORDER = Object.keys(PHASES) as ProfileProgress['phase'][];
const COUNTED: Partial<Record<ProfileProgress['phase'], readonly [one: string, many?: string]>> = {
  models: ['file'],
  accuracy: ['run over the labelled examples', 'runs over the labelled examples'],
  cells: ['cell'],
};

/** The buttons Start, Pause, Resume and Cancel, with the progress of the running profile, which another tab may measure. */
export function RunControls() {
  const run = running.value;
  const other = run ? null : otherTab.value;
  const host = useKeptFocus();
  return (
    <div class="run" ref={host} tabIndex={-1}>
      <div class="row buttons">{run ? <RunningButtons controller={run.controller} /> : <StartButtons />}</div>
      {other ? <OtherTab work={other} /> : run ? <RunProgress {...profileState.value} /> : <StartFacts />}
      {!run && !other && <Interrupted />}
      <Warnings />
      <p class="unseen" role="status">
        {spokenStatus()}
      </p>
    </div>
  );
}

/** Status for screen readers, which changes only with each phase and each quarter of the whole, to interrupt rarely. */
function spokenStatus(): string {
  const { progress: now, pause } = profileState.value;
  if (running.value && pause === 'on') return 'Paused';
  if (otherTab.value) return otherTabDoes(otherTab.value);
  if (running.value)
    return now ? `${PHASES[now.phase]}, ${25 * Math.floor(4 * now.share)} % of the whole` : 'Starting';
  if (!now) return finished.value ? 'Finished' : '';
  return 'Stopped';
}

function StartButtons() {
  const ready = models.value !== null && store.value !== null && checked.value !== null && !busy.value;
  const left = otherTab.value ? undefined : resumable.value;
  const why = trying.value
    ? 'Wait until the run of the plan has ended, because measuring would disturb it.'
    : heldByAdding.value;
  return (
    <>
      {left && (
        <button type="button" class="primary" disabled={!ready} onClick={() => void resumeInterrupted(left)}>
          Resume{left.total > 0 && ` ${left.done}/${left.total}`}
          {left.pipeline !== models.value?.manifest.name && ` of ${left.pipeline}`}
        </button>
      )}
      <button
        type="button"
        class={left ? undefined : 'primary'}
        disabled={!ready}
        onClick={() => void startProfile()}
      >
        Start
      </button>
      <button type="button" onClick={() => void openExample()}>
        Look at an example
      </button>
      {why && <span class="muted">{why}</span>}
    </>
  );
}

function RunningButtons({ controller }: { readonly controller: AbortController }) {
  return (
    <>
      {profileState.value.pause === 'off' ? (
        <button type="button" disabled={controller.signal.aborted} onClick={pauseProfile}>
          Pause
        </button>
      ) : (
        <button type="button" class="primary" onClick={resumeProfile}>
          Resume
        </button>
      )}
      <button type="button" disabled={controller.signal.aborted} onClick={() => controller.abort()}>
        Cancel
      </button>
    </>
  );
}

/** A no-break space, with which an empty line keeps its height. */
const NOTHING = '\u00a0';

/** A progress bar over all steps, with the time left, the current step and the provisional plan. */
function RunProgress({ progress: now, pause, provisional }: ProfileState) {
  if (!now) return <p class="muted">Starting …</p>;
  const step = pause === 'on' ? 'Paused' : pause === 'asked' ? 'Pausing after this cell' : PHASES[now.phase];
  const counted = COUNTED[now.phase];
  return (
    <div class={`progress ${pause === 'on' ? 'paused' : ''}`}>
      <label class="row apart">
        <span>
          <strong>{step}</strong>
          {counted && `: ${now.done} of ${plural(now.total, ...counted)}`}
          <span class="muted">
            {' '}
            · step {ORDER.indexOf(now.phase) + 1} of {ORDER.length}
          </span>
        </span>
        <span>{timeLeftText(now.timeLeftMs, pause)}</span>
        <progress max={1} value={now.share} />
      </label>
      <code>
        {pause === 'on' ? NOTHING : typeof now.current === 'string' ? now.current : cellText(now.current)}
      </code>
      <p class="provisional">
        <Provisional found={provisional} />
      </p>
    </div>
  );
}

function timeLeftText(ms: number | null, pause: ProfileState['pause']): string {
  if (ms === null) return pause === 'on' ? '' : 'estimating the time left';
  return ms < 1000 ? 'almost done' : `about ${duration(ms)} left in all`;
}

/** Shows the work of another tab, which keeps this tab from measuring. */
function OtherTab({ work }: { readonly work: TabWork }) {
  return (
    <section class="notice" aria-label="Another tab">
      <div class="row apart">
        <p>
          <strong>{otherTabDoes(work)}.</strong> Two tabs at once would slow each other, so this tab waits
          until the other has finished.
          {work.hidden && work.profile && ' That tab is hidden, and measures nothing until it is shown.'}
        </p>
        <button type="button" onClick={stopOtherTab}>
          Stop it
        </button>
      </div>
      {work.profile && <RunProgress {...work.profile} />}
    </section>
  );
}

/** How far an interrupted profile has got, or why this browser cannot continue it. */
function Interrupted() {
  const left = resumable.value ?? interrupted.value.at(-1);
  if (!left) return null;
  const { pipeline, settings, done, total } = left;
  const obstacle = settings.backends.map(whyNotMeasurable).find((why) => why !== null);
  if (obstacle)
    return (
      <p class="muted">
        An interrupted profile of {pipeline} needs webgpu, and {obstacle}. Start measures without webgpu.
      </p>
    );
  if (!resumable.value) return null;
  return (
    <p class="muted">
      The profile was stopped.{' '}
      {total > 0
        ? `Kept: ${done} of ${plural(total, 'cell')}. Resume continues from there, even after a reload.`
        : 'What was measured is kept. Resume continues from there, even after a reload.'}{' '}
      <DeleteButton key={left.journal} what="what was measured" onDelete={() => deleteInterrupted(left)} />
    </p>
  );
}

function Warnings() {
  const drifting = running.value ? liveCells.value.filter(hasDrifted).length : 0;
  return (
    <>
      {wasHidden.value && (
        <p class="notice">
          <strong>Hidden.</strong> This page was hidden while it measured. Browsers slow hidden pages, so
          measuring waits until the page is shown again, and cells that were measured meanwhile are flagged.
        </p>
      )}
      {drifting > 0 && (
        <p class="notice">
          <strong>Drifting.</strong> This device got slower or faster while it measured (
          {plural(drifting, 'cell')} flagged).{' '}
          {profileState.value.pause === 'on' ? 'Let' : 'Press Pause, let'} the device cool, plug it in, close
          other programs, then press Resume.
        </p>
      )}
    </>
  );
}

const hasDrifted = (cell: (typeof liveCells.value)[number]): boolean =>
  cell.state === 'measured' && cell.flags.includes('drift');
