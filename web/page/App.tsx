import { backendsOf } from '../../solver/documents/profile.ts';
import { onSoftwareGpu } from '../components/backends.ts';
import { opened, ready } from '../state/app.ts';
import { closeExample, showsExample } from '../state/example.ts';
import { profileNames } from '../state/profile-names.ts';
import { DropZone } from './frame/DropZone.tsx';
import { Messages } from './frame/Messages.tsx';
import { Navigation } from './frame/Navigation.tsx';
import { NewerVersion } from './frame/NewerVersion.tsx';
import { Measure } from './measure/Measure.tsx';
import { Planning } from './plan/Planning.tsx';
import { Results } from './results/Results.tsx';
import { Share } from './share/Share.tsx';
import { Trying } from './try/Trying.tsx';
import './controls/controls.css';
import './frame/frame.css';

/**
 * The profiling page. Its sections are in the order of use: measure, results, plan, try it, share. Those after the first appear
 * only once this browser's saved state is loaded, so that nothing moves when that state arrives.
 */
export function App() {
  return (
    <>
      <a class="skip" href="#measure">
        Skip to measuring
      </a>
      <header class="bar">
        <div class="row apart">
          <h1 class="row">
            <Mark /> ipa-edge
          </h1>
          <Navigation />
          <OpenedProfile />
        </div>
      </header>
      <NewerVersion />
      <DropZone />
      <main>
        <Measure />
        {ready.value && (
          <>
            <Results />
            <Planning />
            <Trying />
            <Share />
          </>
        )}
        <Messages />
      </main>
      {ready.value && (
        <footer class="foot muted small">
          <p>
            This page measures, plans and keeps everything in this browser. It sends nothing anywhere.{' '}
            <a href="licences.txt">Licences of the code in this page</a>
          </p>
        </footer>
      )}
    </>
  );
}

/** The logo: two stages with an arrow between them. */
function Mark() {
  return (
    <svg viewBox="0 0 32 16" width="32" height="16" aria-hidden="true">
      <circle cx="7" cy="8" r="5.5" fill="none" stroke="var(--accent)" stroke-width="2.5" />
      <path d="M14 8h5m-2-2.5L19.5 8 17 10.5" fill="none" stroke="var(--accent)" stroke-width="1.75" />
      <circle cx="25.5" cy="8" r="5.5" fill="var(--accent)" />
    </svg>
  );
}

/** The name of the opened profile, to which the sections from Results to Share refer. */
function OpenedProfile() {
  if (!opened.value) return null;
  const { profile, sha256 } = opened.value;
  return (
    <p class="row small opened">
      <span class="muted">{showsExample.value ? 'Example' : 'Profile'}</span>{' '}
      <span class="opened-name" dir="auto">
        {profileNames.value[sha256] ?? profile.pipeline}
      </span>
      {showsExample.value && (
        <button type="button" class="link" onClick={() => void closeExample()}>
          Close the example
        </button>
      )}
      {onSoftwareGpu(profile.device, backendsOf(profile)) && (
        <span
          class="badge fine"
          title="Measured on a software adapter: its webgpu figures say nothing about a GPU"
        >
          software GPU
        </span>
      )}
    </p>
  );
}
