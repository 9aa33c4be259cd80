import { render } from 'preact';
import { App } from './page/App.tsx';
import './page/forms.css';
import './page/frame.css';
import './page/measure/measure.css';
import './page/page.css';
import './page/share/share.css';
import { takeLink } from './state/link.ts';
import { startOffline } from './state/offline.ts';
import { start } from './state/start.ts';
import './styles/style.css';

render(<App />, document.getElementById('app')!);
void start().then(takeLink);
window.addEventListener('hashchange', () => void takeLink());
if (import.meta.env.PROD) void startOffline();
