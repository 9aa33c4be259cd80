import './styles/style.css';
import { render } from 'preact';
import { App } from './page/App.tsx';
import { loadCharts } from './page/charted/charted.tsx';
import { takeSinglePresses } from './page/controls/one-press.ts';
import { landOnPlace } from './page/frame/landing.ts';
import { startOffline } from './state/device/offline.ts';
import { applyLink } from './state/files/link.ts';
import { start } from './state/start.ts';

/** A sandboxed frame and a file from the disk have no origin: the browser lets the page start no worker and keep nothing. */
class NoOriginError extends Error {
  override name = 'NoOriginError';
}

// `start-failure.js` shows the error with the remedy.
if (self.origin === 'null') throw new NoOriginError('without an origin, the page can start no workers');

takeSinglePresses();
render(<App />, document.getElementById('app')!);
void start(loadCharts).then(applyLink);
window.addEventListener('hashchange', () => void applyLink());
landOnPlace();
if (import.meta.env.PROD) void startOffline();
