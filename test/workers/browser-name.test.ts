import { expect, test } from 'vitest';
import { browserName } from '../../workers/environment/browser-name.ts';

const LINUX = 'Mozilla/5.0 (X11; Linux x86_64';
const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = `${LINUX}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`;

test('a browser that states its brands has the first real one', () => {
  const brands = [
    { brand: 'Not=A?Brand', version: '24' },
    { brand: 'Chromium', version: '156' },
  ];
  expect(browserName({ brands, userAgent: BLINK })).toBe('Chromium 156');
});

test.each([
  ['Firefox 153', `${LINUX}; rv:153.0) Gecko/20100101 Firefox/153.0`],
  ['Chrome 156', BLINK],
  ['Microsoft Edge 156', `${BLINK} Edg/156.0.0.0`],
  ['Safari 26.1', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/26.1 Safari/605.1.15`],
  ['Lynx/2.9', 'Lynx/2.9'],
])('%s is recognised by its user agent', (name, userAgent) => {
  expect(browserName({ userAgent })).toBe(name);
});
