// This file is a plain script, so that it runs even in a browser that cannot read the page's modules. If the page does not start,
// this script shows the reason, because otherwise the page would stay empty.
addEventListener(
  'error',
  (event) => {
    const app = document.getElementById('app');
    if (app?.childNodes.length !== 0) return;
    // A file that could not be loaded causes an event without an error. The event's own message lacks that of a DOMException.
    const reason = event.error ? String(event.error) : 'a file of the page could not be loaded';
    // The page has no origin in a sandboxed frame, and from the disk.
    const remedy =
      self.origin === 'null'
        ? 'Open its https or localhost address in a tab of its own, not in a sandboxed frame or from a file'
        : 'Reload it, turn off extensions that change pages, or open it in a recent Chrome, Edge, Safari or Firefox';
    const main = document.createElement('main');
    main.textContent = `This page could not start: ${reason.replace(/\.$/, '')}. ${remedy}.`;
    app.append(main);
  },
  true,
);
