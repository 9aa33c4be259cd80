import { problem, profile } from '../state/app.ts';
import { DropZone } from './DropZone.tsx';
import { Measure } from './measure/Measure.tsx';
import { Navigation } from './Navigation.tsx';
import { NewerVersion } from './NewerVersion.tsx';
import { PreflightSection } from './Preflight.tsx';
import { Planning } from './plan/Planning.tsx';
import { Results } from './results/Results.tsx';
import { Share } from './share/Share.tsx';
import { Trying } from './try/Trying.tsx';

/** The profiling page: what this device can do, measuring it, planning with it, trying the plan, taking it along. */
export function App() {
  return (
    <>
      <a class="skip" href="#measure">
        Skip to measuring
      </a>
      <header class="bar">
        <div class="bar-row">
          <h1>
            <Mark /> ipa-edge
          </h1>
          <Navigation />
          <OpenedProfile />
        </div>
      </header>
      <NewerVersion />
      <Problem />
      <DropZone />
      <main>
        <PreflightSection />
        <Measure />
        <Results />
        <Planning />
        <Trying />
        <Share />
      </main>
      <footer class="foot">
        <p>Everything is measured, kept and planned in this browser. Nothing is sent anywhere.</p>
      </footer>
    </>
  );
}

/** What went wrong last, until it is put away or something else is done. */
function Problem() {
  if (!problem.value) return null;
  return (
    <div class="problem page-problem">
      <p role="alert">{problem.value}</p>
      <button
        type="button"
        onClick={() => {
          problem.value = null;
        }}
      >
        Close
      </button>
    </div>
  );
}

/** Two stages, and the arrow between them. */
function Mark() {
  return (
    <svg class="mark-logo" viewBox="0 0 32 16" width="32" height="16" aria-hidden="true">
      <circle cx="7" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5" />
      <path d="M14 8h5m-2-2.5L19.5 8 17 10.5" fill="none" stroke="currentColor" stroke-width="1.75" />
      <circle cx="25.5" cy="8" r="5.5" fill="currentColor" />
    </svg>
  );
}

/** Which profile the sections below speak of. */
function OpenedProfile() {
  const opened = profile.value;
  if (!opened) return null;
  return (
    <p class="opened">
      <span class="muted">Profile</span> {opened.pipeline}
      {opened.device.adapter?.software && (
        <span class="badge" title="A CPU plays the GPU: its webgpu figures say nothing of a GPU">
          software GPU
        </span>
      )}
    </p>
  );
}
