import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyMemory, type HeldBody } from '../../agent/http/body-memory.ts';
import { UnavailableError } from '../../agent/service/errors.ts';

const LIMITS = { total: 100, perAddress: 60, perConnection: 40 };

/** Begins a body that announces infinite length, so that no other body gives place to it. */
const enterLong = (bodies: BodyMemory, connection: object, address: string): HeldBody =>
  bodies.enter(connection, address, Number.POSITIVE_INFINITY, () => {});

test('a body alone may be larger than all limits', () => {
  const bodies = new BodyMemory(LIMITS);
  const request = enterLong(bodies, {}, 'a');
  request.take(500);
  expect(() => enterLong(bodies, {}, 'b').take(1)).toThrow(UnavailableError);
  request.leave();
  enterLong(bodies, {}, 'b').take(1);
});

test('who has entered and sent nothing takes nothing', () => {
  const bodies = new BodyMemory(LIMITS);
  for (let i = 0; i < 1000; i++) enterLong(bodies, {}, 'a');
  enterLong(bodies, {}, 'a').take(40);
});

test.each([
  ['one connection', 'on this connection', 1, 1, 40],
  ['one address', 'from this address', 3, 1, 60],
  ['all addresses', 'are being received', 3, 3, 100],
])('%s holds no more than its limit', (_, why, connections, addresses, most) => {
  const bodies = new BodyMemory(LIMITS);
  const ways = Array.from({ length: connections }, () => ({}));
  let held = 0;
  const fill = () => {
    for (let i = 0; ; i++) {
      enterLong(bodies, ways[i % connections]!, `address ${i % addresses}`).take(10);
      held += 10;
    }
  };
  expect(fill).toThrow(why);
  expect(held).toBe(most);
});

test('an address whose first body has gone still answers for its others', () => {
  const bodies = new BodyMemory(LIMITS);
  const [first] = [30, 20].map((bytes) => {
    const body = enterLong(bodies, {}, 'a');
    body.take(bytes);
    return body;
  });
  first!.leave();
  enterLong(bodies, {}, 'a').take(40);
  expect(() => enterLong(bodies, {}, 'a').take(1)).toThrow('from this address');
});

test('what is held equals what was taken and not given back, by whatever requests in whatever order', () => {
  const step = fc.record({ request: fc.nat(9), bytes: fc.integer({ min: 1, max: 30 }), leave: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const bodies = new BodyMemory(LIMITS);
      const connections = [{}, {}, {}, {}, {}];
      const addressOf = (request: number) => `address ${(request % 5) % 2}`;
      const open: (HeldBody | undefined)[] = [];
      const held: number[] = Array(10).fill(0);
      const sum = (of: (request: number) => boolean) =>
        held.reduce((total, bytes, request) => total + (of(request) ? bytes : 0), 0);
      for (const { request, bytes, leave } of steps) {
        if (leave) {
          open[request]?.leave();
          open[request] = undefined;
          held[request] = 0;
          continue;
        }
        open[request] ??= enterLong(bodies, connections[request % 5]!, addressOf(request));
        const own = held[request]!;
        const fits = (all: number, most: number) => all === own || all + bytes <= most;
        const expected =
          fits(
            sum(() => true),
            LIMITS.total,
          ) &&
          fits(
            sum((other) => addressOf(other) === addressOf(request)),
            LIMITS.perAddress,
          ) &&
          fits(
            sum((other) => other % 5 === request % 5),
            LIMITS.perConnection,
          );
        const taken = attempt(() => open[request]!.take(bytes));
        expect(taken).toBe(expected);
        if (taken) held[request] = own + bytes;
      }
    }),
  );
});

/**
 * Begins a body of 50 bytes for each entry of `bytes`, on a connection of its own, and takes that many bytes of it. Returns the
 * errors of the bodies that gave place; undefined for the others.
 */
function hold(
  bodies: BodyMemory,
  address: string,
  bytes: readonly number[],
): (UnavailableError | undefined)[] {
  const refused = bytes.map((): UnavailableError | undefined => undefined);
  for (const [i, own] of bytes.entries())
    bodies
      .enter({}, address, 50, (error) => {
        refused[i] = error;
      })
      .take(own);
  return refused;
}

test.each([
  ['its address is full', 'a', [20, 25, 15], [], 'from this address'],
  ['all memory is full', 'c', [20, 25, 14], [20, 20], 'are being received'],
])('where %s, the body on its way that holds most gives place to a shorter one', (_, own, ofA, ofB, why) => {
  const bodies = new BodyMemory(LIMITS);
  const [a, b] = [hold(bodies, 'a', ofA), hold(bodies, 'b', ofB)];
  for (let i = 0; i < 3; i++) bodies.enter({}, own, 8, () => {}).take(8);
  expect(a.map((error) => error?.message)).toEqual([undefined, expect.stringContaining(why), undefined]);
  expect(b.every((error) => error === undefined)).toBe(true);
});

test('a body gives no place to one that is no shorter than what it holds', () => {
  const bodies = new BodyMemory(LIMITS);
  const held = hold(bodies, 'a', [20, 20, 20]);
  expect(attempt(() => bodies.enter({}, 'a', 20, () => {}).take(1))).toBe(false);
  expect(held).toEqual([undefined, undefined, undefined]);
});

test('a body that has arrived as a whole gives no place', () => {
  const bodies = new BodyMemory(LIMITS);
  const held = hold(bodies, 'a', [50]);
  expect(attempt(() => bodies.enter({}, 'a', 20, () => {}).take(20))).toBe(false);
  expect(held).toEqual([undefined]);
});

function attempt(take: () => void): boolean {
  try {
    take();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(UnavailableError);
    return false;
  }
}
