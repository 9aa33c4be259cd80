import { SoftwareNotice } from '../components/Device.tsx';
import { checked, models, problem } from '../state/app.ts';
import { Measurements } from './Measurements.tsx';
import { Planning } from './Planning.tsx';
import { PreflightSection } from './Preflight.tsx';
import { Profiling } from './Profiling.tsx';

/** The profiling page, from top to bottom: what this device can do, measuring it, planning with it. */
export function App() {
  return (
    <>
      <header class="top">
        <h1>
          ipa-edge <span class="muted">{models.value?.manifest.title}</span>
        </h1>
        {checked.value?.adapter?.software && <SoftwareNotice />}
        {problem.value && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
      </header>
      <main>
        <PreflightSection />
        <Profiling />
        <Measurements />
        <Planning />
      </main>
      <footer class="foot">
        <p>Everything is measured, kept and planned in this browser. Nothing is sent anywhere.</p>
      </footer>
    </>
  );
}
