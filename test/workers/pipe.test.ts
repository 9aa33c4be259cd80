import { Transform } from 'node:stream';
import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { expect, test } from 'vitest';
import { pipeEndpoint } from '../../workers/stage/pipe.ts';

/** A pipe that gives back what is written to it, in chunks of the sizes given, in turn. */
function echo(sizes: readonly number[]): Transform {
  let turn = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let from = 0; from < chunk.length; ) {
        const size = sizes[turn++ % sizes.length]!;
        this.push(chunk.subarray(from, from + size));
        from += size;
      }
      done();
    },
  });
}

const { message } = fc.letrec((tie) => ({
  message: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, Number.NaN, Number.POSITIVE_INFINITY),
    fc.integer(),
    fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 2000 }),
    fc.float32Array({ maxLength: 50 }),
    fc.int32Array({ maxLength: 50 }),
    fc.array(tie('message'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('message'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
}));

test('a message that cannot be packed holds up no later one', async () => {
  const endpoint = pipeEndpoint(echo([300]));
  const came = new Promise((resolve) =>
    endpoint.addEventListener('message', (event) => resolve((event as MessageEvent).data)),
  );
  const unpackable = {
    get bytes() {
      throw new Error('gone');
    },
  };
  expect(() => endpoint.postMessage(unpackable)).toThrow('gone');
  endpoint.postMessage('next');
  expect(await came).toBe('next');
});

test('messages come as they were sent, in order, however the pipe cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      async (sent, sizes) => {
        const endpoint = pipeEndpoint(echo(sizes));
        const came: unknown[] = [];
        await new Promise<void>((resolve) => {
          endpoint.addEventListener('message', (event) => {
            came.push((event as MessageEvent).data);
            if (came.length === sent.length) resolve();
          });
          for (const value of sent) endpoint.postMessage(value);
        });
        expect(came).toStrictEqual(sent);
      },
    ),
    { numRuns: 200 },
  );
});

test('what came is changed by nothing that comes later, nor with anything else', async () => {
  const endpoint = pipeEndpoint(echo([70_000]));
  const came: Uint8Array[] = [];
  const both = new Promise<void>((resolve) => {
    endpoint.addEventListener('message', (event) => {
      came.push((event as MessageEvent<Uint8Array>).data);
      if (came.length === 2) resolve();
    });
  });
  endpoint.postMessage(new Uint8Array(1000).fill(1));
  endpoint.postMessage(new Uint8Array(1000).fill(2));
  await both;
  expect(new Set(came[0])).toEqual(new Set([1]));
  came[0]!.fill(3);
  expect(new Set(came[1])).toEqual(new Set([2]));
});

test('byte arrays that other code in this process packs with msgpackr stay whole', () => {
  const endpoint = pipeEndpoint(echo([70_000]));
  const broken = {
    bytes: new Uint8Array(1),
    get value() {
      throw new Error('it cannot be read');
    },
  };
  expect(() => endpoint.postMessage(broken)).toThrow('it cannot be read');
  expect([...unpack(pack(new Uint8Array([1, 2, 3])))]).toEqual([1, 2, 3]);
});
