import './styles/style.css';
import { render } from 'preact';
import { App } from './page/App.tsx';
import { loadCharts } from './page/charted/charted.tsx';
import { landOnSection } from './page/frame/landing.ts';
import { startOffline } from './state/device/offline.ts';
import { applyLink } from './state/files/link.ts';
import { start } from './state/start.ts';

render(<App />, document.getElementById('app')!);
void start(loadCharts).then(applyLink);
window.addEventListener('hashchange', () => void applyLink());
landOnSection();
if (import.meta.env.PROD) void startOffline();
