import type { Plugin } from 'vite';
import { META_POLICY } from '../../workers/environment/page-headers.ts';

/**
 * Adds a content security policy to the built pages. The profiling page also requires Trusted Types, so that it can load
 * scripts only from addresses that `trusted-types.js` allows, and cannot use strings as HTML.
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
