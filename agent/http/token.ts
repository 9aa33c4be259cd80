import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { UsageError } from '../../workers/command/exit.ts';

/** The token of a request is missing, or another one. */
class TokenError extends CodedError {
  static override readonly httpStatus = 401;
  override name = 'TokenError';
}

/** The agent was started without a token. */
class NoTokenError extends CodedError {
  static override readonly httpStatus = 403;
  override name = 'NoTokenError';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of the token. @throws TokenError, NoTokenError */
export function checkToken(token: string | undefined, authorization: string | undefined): void {
  if (token === undefined)
    throw new NoTokenError(
      'Nothing can be changed here: the agent has no token. Start it with --token-file, or with IPA_AGENT_TOKEN set.',
    );
  const sent = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(sent), digest(token)))
    throw new TokenError('A change needs the header "Authorization: Bearer …" with the token of the agent.');
}

/** Never told, logged or shown. @throws UsageError */
export async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env.IPA_AGENT_TOKEN || undefined;
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new UsageError(`The token file ${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
  if (text.trim() === '') throw new UsageError(`The token file ${file} is empty: write a token into it.`);
  return text.trim();
}
