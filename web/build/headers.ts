/**
 * What every file of the page is to be served with. Servers of ours send these headers; on a host that sends none the
 * service worker adds them.
 */

/** ONNX Runtime's threads and a fine timer need isolation. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const DIRECTIVES = [
  "default-src 'self'",
  // WebAssembly is GLPK's and ONNX Runtime's.
  "script-src 'self' 'wasm-unsafe-eval'",
  // A manifest of the user's own may lie on any host; it and its files are fetched when the user asks for them, and nothing is sent.
  "connect-src 'self' https: http:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** The policy as the built page carries it itself, so that it holds on any host. `frame-ancestors` has no effect there. */
export const META_POLICY = DIRECTIVES.join('; ');

export const DEV_HEADERS: Readonly<Record<string, string>> = ISOLATION;

export const HEADERS: Readonly<Record<string, string>> = {
  ...ISOLATION,
  'Content-Security-Policy': `${META_POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
