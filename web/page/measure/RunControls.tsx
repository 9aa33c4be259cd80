import { useRef } from 'preact/hooks';
import type { ProfileProgress } from '../../../workers/profiler/types.ts';
import { duration, plural } from '../../components/format.ts';
import { checked, models, problem, profile, store } from '../../state/app.ts';
import {
  interrupted,
  liveCells,
  pause,
  pauseProfile,
  progress,
  resumable,
  resumeInterrupted,
  resumeProfile,
  running,
  startProfile,
  wasHidden,
} from '../../state/measure/profiling.ts';
import { whyNotMeasurable } from '../../state/measure/settings.ts';
import { adding } from '../../state/pipelines/adding.ts';
import { useKeptFocus } from '../controls/kept-focus.ts';

const PHASES: Record<ProfileProgress['phase'], string> = {
  models: 'Loading models',
  accuracy: 'Measuring accuracy',
  cells: 'Measuring cells',
  'co-run': 'Measuring workers side by side',
  refine: 'Measuring the least certain cells again',
};
const ORDER = Object.keys(PHASES) as ProfileProgress['phase'][];

/** The buttons Start, Pause, Resume and Cancel, with the progress of the running profile. */
export function RunControls() {
  const run = running.value;
  const buttons = useRef<HTMLDivElement>(null);
  useKeptFocus(buttons);
  return (
    <div class="run">
      <div class="buttons" ref={buttons}>
        {run ? <RunningButtons controller={run.controller} /> : <StartButtons />}
      </div>
      {run && <RunProgress />}
      {!run && interrupted.value && <Interrupted />}
      {!run && progress.value && !interrupted.value && <Done />}
      <Warnings />
      <p class="unseen" role="status">
        {spokenStatus()}
      </p>
    </div>
  );
}

/** Status for screen readers, which changes only with each phase and each quarter of a phase, to interrupt rarely. */
function spokenStatus(): string {
  const now = progress.value;
  if (running.value && pause.value === 'on') return 'Paused';
  if (running.value)
    return now
      ? `${PHASES[now.phase]}, ${25 * Math.floor((4 * now.done) / Math.max(1, now.total))} %`
      : 'Starting';
  if (!now) return '';
  return interrupted.value ? 'Stopped' : 'Finished';
}

function StartButtons() {
  const ready =
    models.value !== null && store.value !== null && checked.value !== null && adding.value === null;
  const left = resumable.value;
  return (
    <>
      {left && (
        <button type="button" class="primary" disabled={!ready} onClick={() => void resumeInterrupted()}>
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
    </>
  );
}

function RunningButtons({ controller }: { readonly controller: AbortController }) {
  return (
    <>
      {pause.value === 'off' ? (
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

function RunProgress() {
  const now = progress.value;
  if (!now) return <p class="muted">Starting …</p>;
  const state =
    pause.value === 'on' ? 'Paused' : pause.value === 'asked' ? 'Pausing after this cell' : PHASES[now.phase];
  return (
    <div class={`progress ${pause.value === 'on' ? 'paused' : ''}`}>
      <label>
        <span>
          <strong>{state}</strong>: {now.done} of {now.total}
          <span class="muted">
            {' '}
            · step {ORDER.indexOf(now.phase) + 1} of {ORDER.length}
          </span>
        </span>
        <span>{now.timeLeftMs !== null && `about ${duration(now.timeLeftMs)} left`}</span>
        <progress max={Math.max(1, now.total)} value={now.done} />
      </label>
      <code>{now.current}</code>
    </div>
  );
}

/** Links to the results after the chosen pipeline was measured. */
function Done() {
  if (profile.value?.pipeline !== models.value?.manifest.name) return null;
  return (
    <p>
      <strong class="good">✓ Done.</strong> Look at the <a href="#results">results</a>, or at the{' '}
      <a href="#plan">plan</a> that is made from them.
    </p>
  );
}

/** How far an interrupted profile has got, or why this browser cannot continue it. */
function Interrupted() {
  const { pipeline, settings, done, total } = interrupted.value!;
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
      {problem.value ? 'An error stopped the profile. ' : 'The profile was stopped. '}
      {total > 0
        ? `${done} of ${plural(total, 'cell')} are kept: Resume goes on from there, also after a reload.`
        : 'Resume starts it again.'}
    </p>
  );
}

function Warnings() {
  const drifting = running.value ? liveCells.value.filter(hasDrifted).length : 0;
  return (
    <>
      {wasHidden.value && (
        <p class="warning">
          <strong>Hidden.</strong> This page was hidden while it measured. Browsers slow hidden pages, so
          measuring waits until the page is shown again, and cells that were measured meanwhile are flagged.
        </p>
      )}
      {drifting > 0 && (
        <p class="warning">
          <strong>Drifting.</strong> This device got slower or faster while it measured (
          {plural(drifting, 'cell')} flagged). Press Pause, let the device cool, plug it in, close other
          programs, then press Resume.
        </p>
      )}
    </>
  );
}

const hasDrifted = (cell: (typeof liveCells.value)[number]): boolean =>
  cell.state === 'measured' && cell.flags.includes('drift');
