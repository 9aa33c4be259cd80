/** A request is refused because of its headers or its body's size. `statusCode` is the HTTP status of the response. */
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
