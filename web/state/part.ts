/** A part of the page's code cannot be loaded: the network is off, or the host has only a newer build. */
class PartNotLoadedError extends Error {
  override name = 'PartNotLoadedError';
  constructor(cause: Error) {
    super(
      `A part of this page could not be loaded: ${cause.message}. Reload this page, with the network on. What is saved stays.`,
      { cause },
    );
  }
}

/** Awaits a part of the page's code, which is loaded when it is first needed. @throws PartNotLoadedError */
export const loaded = <Part>(part: Promise<Part>): Promise<Part> =>
  part.catch((cause) => {
    throw new PartNotLoadedError(cause);
  });
