import type { Plugin } from 'vite';
import { META_POLICY } from '../../workers/environment/page-headers.ts';

/**
 * Puts the content security policy into the built pages. The profiling page also requires Trusted Types: it loads scripts
 * only from addresses that `trusted-types.js` allows, and turns no string into markup.
 */
export const contentPolicy = (): Plugin => ({
  name: 'ipa-edge:content-policy',
  apply: 'build',
  transformIndexHtml: (_html, { filename }) => [
    {
      tag: 'meta',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content: filename.endsWith('/web/index.html')
          ? `${META_POLICY}; require-trusted-types-for 'script'; trusted-types default`
          : META_POLICY,
      },
      injectTo: 'head-prepend',
    },
  ],
});
