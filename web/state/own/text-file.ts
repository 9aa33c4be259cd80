/** A file is not a text in UTF-8. */
class UnreadableTextError extends Error {
  override name = 'UnreadableTextError';
  constructor(options?: ErrorOptions) {
    super(
      'The file cannot be used: it is no text in UTF-8. Choose a text file, or save the text in the encoding UTF-8.',
      options,
    );
  }
}

/**
 * The first bytes of a file as text. A whole file may be so long that showing it would freeze the page.
 * @throws UnreadableTextError
 */
export async function textStart(file: Blob, mostBytes: number): Promise<string> {
  const bytes = await file.slice(0, mostBytes).arrayBuffer();
  let text: string;
  try {
    // With `stream`, the decoder leaves out a last letter whose bytes are cut off, and does not fail for it.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: file.size > mostBytes });
  } catch (cause) {
    throw new UnreadableTextError({ cause });
  }
  if (text.includes('\0')) throw new UnreadableTextError();
  return text;
}
