// A script and not a module, so that it has run before any module is.

/** @typedef {{ createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown }} TrustedTypes */

// Where the browser has Trusted Types, workers and the service worker are started from this page's own origin only, and
// assigning a string as markup throws: there is no rule for that.
/** @type {{ trustedTypes?: TrustedTypes }} */ (globalThis).trustedTypes?.createPolicy('default', {
  createScriptURL(url) {
    if (new URL(url, document.baseURI).origin === location.origin) return url;
    throw new TypeError(`${url} is of another origin, and would run as a script.`);
  },
});

// Zod reads this when it is loaded. Otherwise it tries whether code may be made of text, which the policy forbids, and the
// browser complains.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
