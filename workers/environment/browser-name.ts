/** A browser's statements about itself. Only browsers based on Chromium have `brands`, and only in secure contexts. */
interface Statements {
  readonly brands?: readonly { readonly brand: string; readonly version: string }[] | undefined;
  readonly userAgent: string;
}

/** Names and versions in a user agent. Edge also states Chrome's version, and both state Safari's, so the order matters. */
const AGENTS: readonly (readonly [string, RegExp])[] = [
  ['Firefox', /\bFirefox\/(\d+)/],
  ['Microsoft Edge', /\bEdg\/(\d+)/],
  ['Chrome', /\bChrome\/(\d+)/],
  ['Safari', /\bVersion\/(\d+(?:\.\d+)?).* Safari\//],
];

/** Name and version of a browser, such as "Firefox 153"; the user agent itself if it is of another browser. */
export function browserName({ brands, userAgent }: Statements): string {
  const brand = brands?.find((one) => !/not.?a.?brand/i.test(one.brand));
  if (brand) return `${brand.brand} ${brand.version}`;
  for (const [name, pattern] of AGENTS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version) return `${name} ${version}`;
  }
  return userAgent;
}
