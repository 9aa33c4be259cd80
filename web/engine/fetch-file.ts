/** Fetches a file. @param url relative to the page */
export async function fetchFile(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  const address = new URL(url, document.baseURI);
  const response = await fetch(address, { signal: signal ?? null }).catch((cause) => {
    if (!(cause instanceof TypeError) || address.origin === location.origin) throw cause;
    // Browsers do not reveal which of the two reasons applies.
    throw new Error(
      `${address.host} cannot be reached, or does not let other sites read its files: ` +
        'it must send the header Access-Control-Allow-Origin',
      { cause },
    );
  });
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  return new Uint8Array(await response.arrayBuffer());
}
