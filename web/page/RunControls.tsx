import type { ProfileProgress } from '../../workers/profiler/types.ts';
import { duration } from '../format.ts';
import { models, store } from '../state/app.ts';
import {
  interrupted,
  progress,
  resumeProfile,
  running,
  startProfile,
  wasHidden,
} from '../state/profiling.ts';

const PHASES: Record<ProfileProgress['phase'], string> = {
  models: 'Reading models',
  accuracy: 'Measuring accuracy',
  cells: 'Measuring cells',
  'co-run': 'Running workers side by side',
  refine: 'Narrowing the widest intervals',
};

/** Start, cancel, resume, and how far it is. */
export function RunControls() {
  const controller = running.value;
  const ready = models.value !== null && store.value !== null;
  const left = interrupted.value;
  return (
    <div class="run">
      <div class="buttons">
        {controller ? (
          <button type="button" onClick={() => controller.abort()} disabled={controller.signal.aborted}>
            Cancel
          </button>
        ) : (
          <button
            type="button"
            class={left ? undefined : 'primary'}
            disabled={!ready}
            onClick={() => void startProfile()}
          >
            Start
          </button>
        )}
        {!controller && left && (
          <button type="button" class="primary" disabled={!ready} onClick={() => void resumeProfile()}>
            Resume{left.total > 0 && ` ${left.done}/${left.total}`}
          </button>
        )}
      </div>
      {controller && <RunProgress />}
      {wasHidden.value && (
        <p class="warn">
          This page was hidden while it measured. Browsers slow hidden pages, so the cells measured meanwhile
          are flagged.
        </p>
      )}
      <p class="unseen" role="status">
        {controller && progress.value && PHASES[progress.value.phase]}
        {!controller && progress.value && (interrupted.value ? 'Stopped' : 'Finished')}
      </p>
    </div>
  );
}

function RunProgress() {
  const now = progress.value;
  if (!now) return <p class="muted">Starting …</p>;
  return (
    <div class="progress">
      <label>
        <span>
          {PHASES[now.phase]}: {now.done} of {now.total}
        </span>
        <span class="muted">{now.timeLeftMs !== null && `about ${duration(now.timeLeftMs)} left`}</span>
        <progress max={Math.max(1, now.total)} value={now.done} />
      </label>
      <code>{now.current}</code>
    </div>
  );
}
