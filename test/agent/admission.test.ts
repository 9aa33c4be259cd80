import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Admission, type Admitted } from '../../agent/http/admission.ts';
import { UnavailableError } from '../../agent/service/errors.ts';

const LIMITS = { total: 100, perAddress: 60, perConnection: 40 };

test('a body alone may be larger than all limits', () => {
  const admission = new Admission(LIMITS);
  const request = admission.enter({}, 'a');
  request.take(500);
  expect(() => admission.enter({}, 'b').take(1)).toThrow(UnavailableError);
  request.leave();
  admission.enter({}, 'b').take(1);
});

test('who has entered and sent nothing takes nothing', () => {
  const admission = new Admission(LIMITS);
  for (let i = 0; i < 1000; i++) admission.enter({}, 'a');
  admission.enter({}, 'a').take(40);
});

test.each([
  ['one connection', 'on this connection', 1, 1, 40],
  ['one address', 'from this address', 3, 1, 60],
  ['all addresses', 'are being received', 3, 3, 100],
])('%s holds no more than its limit', (_, why, connections, addresses, most) => {
  const admission = new Admission(LIMITS);
  const ways = Array.from({ length: connections }, () => ({}));
  let held = 0;
  const fill = () => {
    for (let i = 0; ; i++) {
      admission.enter(ways[i % connections]!, `address ${i % addresses}`).take(10);
      held += 10;
    }
  };
  expect(fill).toThrow(why);
  expect(held).toBe(most);
});

test('what is held equals what was taken and not given back, by whatever requests in whatever order', () => {
  const step = fc.record({ request: fc.nat(9), bytes: fc.integer({ min: 1, max: 30 }), leave: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const admission = new Admission(LIMITS);
      const connections = [{}, {}, {}, {}, {}];
      const addressOf = (request: number) => `address ${(request % 5) % 2}`;
      const open: (Admitted | undefined)[] = [];
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
        open[request] ??= admission.enter(connections[request % 5]!, addressOf(request));
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

function attempt(take: () => void): boolean {
  try {
    take();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(UnavailableError);
    return false;
  }
}
