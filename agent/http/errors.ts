/** A request that its headers or its body's size rule out, with the HTTP status for the response. */
export class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly statusCode: 400 | 411 | 413 | 415 | 421,
    text: string,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}
