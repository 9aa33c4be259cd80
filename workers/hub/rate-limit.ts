/** Repeats requests that a host refuses with 429 (too many requests), whichever function sends them. */

/** The waits of one request add up to at most this. */
const WAIT_S_MAX = 300;
/** The seconds until the limit ends, in the hub's header `RateLimit: "resolvers";r=0;t=55`. */
const LIMIT_ENDS_S = /;\s*t=(\d+)/;

/**
 * Seconds until a host allows requests again, as its answer's headers say, but at least 1; 10 if no readable header gives a time.
 * If `retry-after` is a time of day, it is compared with the answer's own date, because the clock of this device may be wrong.
 */
export function limitEndsS(header: (name: string) => unknown): number {
  const [, endsS = ''] = LIMIT_ENDS_S.exec(String(header('ratelimit'))) ?? [];
  const asked = String(header('retry-after') ?? endsS);
  const nowMs = Date.parse(String(header('date'))) || Date.now();
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, seconds) : 10;
}

/**
 * Sends a request, and repeats it while the answer is 429, each time once the host allows requests again.
 * @param parts `waitS`: {@link limitEndsS} for a 429, null for any other answer; `discard` drops the unread body of an answer
 * @returns the first answer other than 429, or the 429 whose wait would make all waits together too long
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
    if (seconds === null || waitedS + seconds > WAIT_S_MAX) return answer;
    waitedS += seconds;
    await parts.discard(answer);
    await parts.pause(seconds);
  }
}
