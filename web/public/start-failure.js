// This file is a plain script, so that it runs even in a browser that cannot read the page's modules. If the page does not start,
// this script shows the reason, because otherwise the page would stay empty.
addEventListener(
  'error',
  (event) => {
    const app = document.getElementById('app');
    if (app?.childNodes.length !== 0) return;
    // A file that could not be loaded causes an event without a message.
    const reason = event.message || 'a file of the page could not be loaded';
    const main = document.createElement('main');
    main.textContent =
      'This page could not start: ' +
      reason +
      '. Reload it, or open it in a recent Chrome, Edge, Safari or Firefox.';
    app.append(main);
  },
  true,
);
