import { useRef } from 'preact/hooks';
import type { ProfileProgress } from '../../../workers/profiler/types.ts';
import { duration, plural } from '../../components/format.ts';
import { models, problem, store } from '../../state/app.ts';
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
} from '../../state/profiling.ts';
import { taking } from '../../state/taking.ts';
import { useKeptFocus } from '../kept-focus.ts';

const PHASES: Record<ProfileProgress['phase'], string> = {
  models: 'Loading models',
  accuracy: 'Measuring accuracy',
  cells: 'Measuring cells',
  'co-run': 'Running workers side by side',
  refine: 'Narrowing the widest intervals',
};
const ORDER = Object.keys(PHASES) as ProfileProgress['phase'][];

/** Start, pause, resume, cancel, and how far it is. */
export function RunControls() {
  const controller = running.value;
  const buttons = useRef<HTMLDivElement>(null);
  useKeptFocus(buttons);
  return (
    <div class="run">
      <div class="buttons" ref={buttons}>
        {controller ? <RunningButtons controller={controller} /> : <StartButtons />}
      </div>
      {controller && <RunProgress />}
      {!controller && resumable.value && <Kept />}
      <Warnings />
      <p class="unseen" role="status">
        {said()}
      </p>
    </div>
  );
}

/** Each phase and each quarter of it, so that whoever listens is told and not talked over. */
function said(): string {
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
  const ready = models.value !== null && store.value !== null && taking.value === null;
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

/** What an interrupted profile left, and why it is safe. */
function Kept() {
  const { done, total } = resumable.value!;
  return (
    <p class="muted">
      {problem.value ? 'An error stopped it. ' : 'It was stopped. '}
      {total > 0
        ? `${done} of ${plural(total, 'cell')} are kept: Resume goes on from there, also after a reload.`
        : 'Resume begins it again.'}
    </p>
  );
}

function Warnings() {
  const drifting = running.value ? liveCells.value.filter(hasDrifted).length : 0;
  return (
    <>
      {wasHidden.value && (
        <p class="warning">
          <strong>Hidden.</strong> This page was out of sight while it measured. Browsers slow hidden pages,
          so measuring waits until it is seen, and cells that were under way are flagged.
        </p>
      )}
      {drifting > 0 && (
        <p class="warning">
          <strong>Drifting.</strong> This device got slower or faster while it measured (
          {plural(drifting, 'cell')} flagged). Let it cool, plug it in and close what else runs; Pause holds
          the profile until then.
        </p>
      )}
    </>
  );
}

const hasDrifted = (cell: (typeof liveCells.value)[number]): boolean =>
  cell.state === 'measured' && cell.flags.includes('drift');
