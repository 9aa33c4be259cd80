import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { HttpError } from './errors.ts';

/**
 * These checks protect the server from web pages of other sites, shown in a browser that can reach the server. Such a page may
 * point its own host name at this server's address (DNS rebinding) and then read answers, and it may send bodies of some content
 * types to any site.
 */

/** Content types that a page may send to any site without a CORS preflight. */
const SENT_UNASKED = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];

const LOOPBACK = /(^|\.)localhost$/;

/** The name in a Host header, in lower case, without port and brackets. */
const nameIn = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

/**
 * Refuses requests whose Host header has a name that is not this server's. IP addresses and loopback names always pass: a page
 * cannot point an address elsewhere, and a loopback name leads to the browser's own machine. So do requests that name no host, as
 * some health checks do: browsers always name it.
 * @param names names by which clients reach this server
 * @throws HttpError 421
 */
export function checkHost({ host }: IncomingHttpHeaders, names: readonly string[]): void {
  if (!host) return;
  const name = nameIn(host);
  if (isIP(name) !== 0 || LOOPBACK.test(name) || names.some((known) => nameIn(known) === name)) return;
  throw new HttpError(
    421,
    `This agent does not answer under the name ${name.slice(0, 100)}. Start it with --host ${name.slice(0, 100)} besides --host for its address, or use its address.`,
  );
}

/** Refuses bodies that a page of another site could have sent. @throws HttpError 415 */
export function checkContentType({ 'content-type': type, origin }: IncomingHttpHeaders): void {
  const essence = type?.replace(/;.*/s, '').trim().toLowerCase();
  // A body without a content type passes unless a browser sent it: browsers add the header Origin.
  if (essence ? SENT_UNASKED.includes(essence) : origin !== undefined)
    throw new HttpError(
      415,
      `A body of ${essence || 'no content type'} is not accepted, because any web page may send it. Send it as application/json or application/octet-stream.`,
    );
}
