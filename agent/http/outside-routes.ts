import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError, FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Answers to requests that reach no route, in the form of the agent's other errors. Fastify's own answers have another form, and
 * repeat the whole URL.
 */

/** A name in a URL, such as that of a model, may have at most this many characters. */
export const NAME_LETTERS_MAX = 200;
/** Errors and the log quote at most this many characters of a URL. */
const URL_LETTERS_MAX = 200;

export const shortUrl = ({ url }: FastifyRequest): string => url.slice(0, URL_LETTERS_MAX);

/** Answers requests to which no route fits: with 405 if routes of other methods fit the URL. Must come before the routes. */
export function answerWithoutRoute(app: FastifyInstance): void {
  const routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ path: new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`), methods: [method].flat() });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/\?.*/s, '');
    const fitting = routes.filter((route) => route.path.test(path));
    const allowed = [...new Set(fitting.flatMap(({ methods }) => methods))].join(', ');
    const what = `${request.method} ${shortUrl(request)}`;
    if (allowed === '') return reply.code(404).send({ error: `There is no ${what} here.` });
    return reply
      .code(405)
      .header('allow', allowed)
      .send({ error: `There is no ${what} here: send ${allowed}.` });
  });
}

/** Why Fastify cannot read the URL of a request. */
export const badUrlText = ({ code }: FastifyError): string =>
  code === 'FST_ERR_MAX_PARAM_LENGTH'
    ? `A name in the URL has more than ${NAME_LETTERS_MAX} characters.`
    : 'A % in the URL begins no encoded character. Write % itself as %25.';

/** Returns the handler for connections whose request Node cannot read, or that did not arrive within `receiveMs`. */
export const unreadableAnswer =
  (receiveMs: number) =>
  (error: ConnectionError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const [status, why] = problemOf(error.code, receiveMs);
    const text = JSON.stringify({ error: why });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      'connection: close',
    ];
    if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
    socket.destroy(error);
  };

/** The status and the text of the answer, by the code of Node's error. */
function problemOf(code: string, receiveMs: number): [status: number, why: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [
      408,
      `The whole request did not arrive within ${receiveMs / 1000} s. Send it again, without pauses.`,
    ];
  if (code === 'HPE_HEADER_OVERFLOW')
    return [
      431,
      `The URL and the headers have more than ${maxHeaderSize} bytes. Send fewer or shorter headers.`,
    ];
  return [400, 'The request is not valid HTTP/1.1.'];
}
