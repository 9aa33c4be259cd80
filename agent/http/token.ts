import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { unreadableText } from '../../models/manifests/file-problem.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readAtMost } from '../../workers/command/files.ts';
import { UnavailableError } from '../service/errors.ts';

/** A request has no token, or a wrong one. */
class TokenError extends CodedError {
  static override readonly httpStatus = 401;
  override name = 'TokenError';
}

/** The agent was started without a token, so it refuses changes. */
class NoTokenError extends CodedError {
  static override readonly httpStatus = 403;
  override name = 'NoTokenError';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Reads the token anew at each call, because a cluster may exchange the file while the agent runs; undefined if there is none.
 */
export type TokenSource = () => Promise<string | undefined>;

/**
 * Makes a hook that refuses requests without the token before their bodies are read. It compares digests in constant time, so
 * that nobody can guess the token letter by letter.
 */
export const tokenRequired =
  (source: TokenSource = async () => undefined) =>
  async ({ headers }: FastifyRequest): Promise<void> => {
    const token = await source().catch(() => {
      throw new UnavailableError('The agent cannot read its token file', 1);
    });
    if (token === undefined)
      throw new NoTokenError(
        'Changes are off: the agent was started without a token. Start it with --token-file, or with IPA_AGENT_TOKEN set.',
      );
    const sent = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(sent), digest(token)))
      throw new TokenError(
        'A change needs the header "Authorization: Bearer …" with the token of the agent.',
      );
  };

/**
 * Opens the source of the token: a file, or else the variable `IPA_AGENT_TOKEN`.
 * @throws UsageError if the file cannot be read at the start, or is empty
 */
export async function openToken(file: string | undefined): Promise<TokenSource> {
  await readToken(file);
  return () => readToken(file);
}

/** Far more bytes than a token has, but few enough to read for each request. */
const TOKEN_BYTES_MAX = 2 ** 16;

/** Reads the token from a file, or from the variable `IPA_AGENT_TOKEN`. No message may show the token. @throws UsageError */
async function readToken(file: string | undefined): Promise<string | undefined> {
  // Files, and variables that are made from them, often end in a line break, which no header can have.
  if (file === undefined) return process.env.IPA_AGENT_TOKEN?.trim() || undefined;
  const bytes = await readAtMost(file, TOKEN_BYTES_MAX).catch((cause) => {
    throw new UsageError(unreadableText(`The token file ${file}`, cause), { cause });
  });
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') throw new UsageError(`The token file ${file} is empty: write a token into it.`);
  return text.trim();
}
