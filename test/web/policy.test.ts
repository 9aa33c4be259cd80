import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { newContext } from './opened-page.ts';
import { servedPage } from './serve.ts';
import { type StaticHost, serveStatic } from './static-host.ts';

/** What the built page lets run under the content security policy of its host's headers, and under the one in its own HTML. */

const HOSTS = ['ipa-edge serve', 'a host without headers'] as const;

const site = servedPage();
let plain: StaticHost;
let page: Page;

beforeAll(async () => {
  plain = await serveStatic(join(ROOT, 'dist/page'), '/');
});
afterAll(() => plain.close());
afterEach(() => page.context().close());

async function open(host: (typeof HOSTS)[number]): Promise<string | undefined> {
  // The context blocks the service worker, which would add the headers that the host does not send.
  page = await (await newContext(site.browser)).newPage();
  const response = await page.goto(host === 'ipa-edge serve' ? site.url : plain.url);
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  return response!.headers()['content-security-policy'];
}

describe.each(HOSTS)('the page on %s', (host) => {
  it('is isolated if the host sends headers, has a policy that allows no inline script and no script from text, and runs neither, nor a handler in markup', async () => {
    const sent = await open(host);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(host === 'ipa-edge serve');
    const carried = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
    expect(sent === undefined).toBe(host === 'a host without headers');
    for (const policy of [carried!, ...(sent ? [sent] : [])]) {
      const scripts = policy.split('; ').find((directive) => directive.startsWith('script-src '));
      expect(scripts).toBe("script-src 'self' 'wasm-unsafe-eval'");
    }

    const refused = await page.evaluate(async () => {
      const violated: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        violated.push(event.effectiveDirective),
      );
      const thrown: string[] = [];
      const attempt = (what: string, work: () => void) => {
        try {
          work();
        } catch {
          thrown.push(what);
        }
      };
      const broken = 'window.broken = 1';
      attempt('markup', () => {
        document.body.innerHTML += `<img src="x" onerror="${broken}">`;
      });
      attempt('text', () => setTimeout(broken));
      attempt('inline script', () => {
        const script = document.createElement('script');
        script.textContent = broken;
        document.body.append(script);
      });
      attempt('address', () => {
        const script = document.createElement('script');
        script.src = `data:text/javascript,${broken}`;
        document.body.append(script);
      });
      attempt('handler', () => document.body.setAttribute('onclick', broken));
      const link = document.createElement('a');
      link.href = `javascript:${broken}`;
      link.click();
      // The browser follows the link after everything else, so its violation comes last.
      while (!violated.includes('script-src-elem')) await new Promise((resolve) => setTimeout(resolve, 20));
      return { thrown, violated, broken: 'broken' in window };
    });
    expect(refused.broken).toBe(false);
    expect(refused.thrown).toEqual(['markup', 'text', 'inline script', 'address', 'handler']);
  });
});
