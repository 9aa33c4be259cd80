/** The headers that every file of the page needs. This project's servers send them; elsewhere the service worker adds them. */

/** Headers for cross-origin isolation, which ONNX Runtime's threads and a precise timer need. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const DIRECTIVES = [
  "default-src 'self'",
  // GLPK and ONNX Runtime are WebAssembly, which this directive allows.
  "script-src 'self' 'wasm-unsafe-eval'",
  // The user may open a manifest on any host. The page then fetches that manifest and its files; it uploads nothing.
  "connect-src 'self' https: http:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** The policy for a `<meta>` element of the built page, so that it holds on any host. A `<meta>` ignores `frame-ancestors`. */
export const META_POLICY = DIRECTIVES.join('; ');

export const DEV_HEADERS: Readonly<Record<string, string>> = ISOLATION;

export const HEADERS: Readonly<Record<string, string>> = {
  ...ISOLATION,
  'Content-Security-Policy': `${META_POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
