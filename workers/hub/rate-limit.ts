/** Repeats requests that a host refuses with 429 (too many requests), whichever function sends them. */

/** A request waits at most so long in all. */
const MOST_WAIT_S = 300;
/** The seconds until the limit ends, as the hub tells them: `RateLimit: "resolvers";r=0;t=55`. */
const LIMIT_ENDS_S = /;\s*t=(\d+)/;

/** Seconds until a host allows requests again, as the headers of its answer say; 10 if no header that may be read says so. */
export function limitEndsS(header: (name: string) => unknown): number {
  const [, endsS = ''] = LIMIT_ENDS_S.exec(String(header('ratelimit'))) ?? [];
  const asked = String(header('retry-after') ?? endsS);
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, seconds) : 10;
}

/**
 * Sends a request again while its answer is 429, once the host allows it.
 * @param parts `waitS`: {@link limitEndsS} of a 429, null of another answer; `discard` ends an answer whose body is not read
 * @returns the first other answer, or the 429 after which all waits together would be too long
 */
export async function withinLimit<A>(
  send: () => Promise<A>,
  parts: {
    waitS(answer: A): number | null;
    discard(answer: A): Promise<unknown> | undefined;
    pause(seconds: number): Promise<void>;
  },
): Promise<A> {
  for (let waitedS = 0; ; ) {
    const answer = await send();
    const seconds = parts.waitS(answer);
    if (seconds === null || waitedS + seconds > MOST_WAIT_S) return answer;
    waitedS += seconds;
    await parts.discard(answer);
    await parts.pause(seconds);
  }
}
