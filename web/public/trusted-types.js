// This file is a plain script, because scripts run before modules.

/** @typedef {{ createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown }} TrustedTypes */

// With Trusted Types, workers and the service worker can start only from this page's own origin, and assigning a string as HTML
// throws, because this policy has no rule for that.
/** @type {{ trustedTypes?: TrustedTypes }} */ (globalThis).trustedTypes?.createPolicy('default', {
  createScriptURL(url) {
    if (new URL(url, document.baseURI).origin === location.origin) return url;
    throw new TypeError(`${url} is of another origin, and would run as a script.`);
  },
});

// Zod reads this setting when it loads. By default it tests whether code can be made from text, which the policy forbids and
// the browser reports.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
