import { z } from 'zod';

/** Schemas of fields that several documents share. A field's name ends in its unit, e.g. `timerGrainMs`. */

export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a name of letters, digits, ".", "_" or "-"')
  // An object with names as its keys would seem to have an entry of such a name, e.g. `constructor`, because it inherits one.
  .refine((text) => !(text in Object.prototype), 'expected a name that not every object in JavaScript has');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex');
export const commit = z.string().regex(/^[0-9a-f]{40}$/, 'expected a commit: 40 lower-case hex digits');
export const accuracy = z.number().min(0).max(1);
/** This maximum keeps sums of times, and their products with rates and counts, finite. */
export const milliseconds = z.number().nonnegative().max(1e100);
export const count = z.int().nonnegative();
export const positiveCount = z.int().positive();
export const isoDate = z.iso.datetime();

/** Where a session runs: one of ONNX Runtime's execution providers. `wasm` is the CPU in a browser, `cpu` the CPU in Node. */
export const backend = z.enum(['webgpu', 'wasm', 'cpu', 'cuda']);
export type Backend = z.infer<typeof backend>;

/** Backends whose sessions use the device's GPU; sessions on other backends hold CPU cores. */
export const gpuBackend = backend.extract(['webgpu', 'cuda']);
export type GpuBackend = z.infer<typeof gpuBackend>;
export const cpuBackend = backend.exclude(gpuBackend.options);

export const onGpu = (b: Backend): b is GpuBackend => b === 'webgpu' || b === 'cuda';

/** The device that measurements were made on. Two documents are of one device if all fields but `timerGrainMs` are equal. */
export const device = z.strictObject({
  /** `published`: the figures were published by others, and nothing was measured. */
  environment: z.enum(['browser', 'node', 'published']),
  /** Name and version of the browser or of Node. */
  agent: z.string().max(400),
  platform: z.string().max(200),
  logicalCores: positiveCount,
  adapter: z
    .strictObject({
      vendor: z.string().max(200),
      architecture: z.string().max(200),
      description: z.string().max(400),
      /** Whether the adapter is software (SwiftShader, lavapipe, WARP): its times say nothing about a GPU. */
      software: z.boolean(),
    })
    .nullable(),
  ortVersion: z.string().max(60),
  /** The build of ONNX Runtime that was loaded; `none` for published figures. */
  ortBuild: z.enum(['jspi', 'asyncify', 'node', 'none']),
  crossOriginIsolated: z.boolean(),
  /** The smallest observed step of `performance.now()`. */
  timerGrainMs: milliseconds,
});
export type Device = z.infer<typeof device>;

/** A manifest's description of its labelled pack. */
export const packFacts = z.strictObject({
  /** Where the items are from, and their licence. */
  source: z.string().max(400),
  /** The items by size and share, and the load for which this mix is typical. */
  mix: z.string().min(1).max(400).optional(),
});
export type PackFacts = z.infer<typeof packFacts>;

/** Reports a problem of a document unless a condition holds. @param path of the field */
export function expectThat(
  context: z.RefinementCtx,
  holds: boolean,
  path: readonly (string | number)[],
  message: string,
): void {
  if (!holds) context.addIssue({ code: 'custom', path: [...path], message });
}

/**
 * Reports each item of a list whose `field` has the same value as an earlier item.
 * @param path path of the list in the document
 * @param what names the values in the message, e.g. `stage names`
 */
export function expectDistinct<K extends string>(
  context: z.RefinementCtx,
  items: readonly Readonly<Record<K, string>>[],
  field: K,
  path: readonly (string | number)[],
  what: string,
): void {
  expectOnce(
    context,
    items.map((item) => item[field]),
    (i) => [...path, i, field],
    () => `expected ${what} that differ`,
  );
}

/**
 * Reports each key of a list that an earlier item has.
 * @param pathOf returns the path to report for an index in the list
 */
export function expectOnce(
  context: z.RefinementCtx,
  keys: readonly string[],
  pathOf: (index: number) => readonly (string | number)[],
  message: (key: string) => string,
): void {
  const seen = new Set<string>();
  keys.forEach((key, i) => {
    expectThat(context, !seen.has(key), pathOf(i), message(key));
    seen.add(key);
  });
}

/** Readers of files stop after this many wrong values: a few explain the problem, and millions would take memory and minutes. */
export const WRONG_MAX = 10;

/** Reads values one by one, and reports the problems of the wrong ones. */
function readEach<T extends z.ZodType>(
  item: T,
  entries: Iterable<readonly [string | number, unknown]>,
  context: z.RefinementCtx,
): [string | number, z.output<T>][] {
  const read: [string | number, z.output<T>][] = [];
  let wrong = 0;
  for (const [key, value] of entries) {
    const { success, data, error } = item.safeParse(value);
    if (success) read.push([key, data]);
    else
      for (const issue of error.issues) context.addIssue({ ...issue, path: [key, ...issue.path] } as never);
    if (!success && ++wrong === WRONG_MAX) break;
  }
  return read;
}

/** Makes the schema of a list from a file of any size. The schema reports only the first few wrong values. */
export const listOf = <T extends z.ZodType>(item: T, { least = 0, most = Number.MAX_SAFE_INTEGER } = {}) =>
  z
    .array(z.unknown())
    .min(least)
    .max(most)
    .transform((values, context) => readEach(item, values.entries(), context).map(([, value]) => value));

/**
 * Makes the schema of an object from a file of any size, whose values all match `item`. The schema reports only the first few
 * wrong values.
 */
export const recordOf = <T extends z.ZodType>(item: T) =>
  z
    .custom<object>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'expected object',
    )
    .transform(
      (value, context): Record<string, z.output<T>> =>
        Object.fromEntries(readEach(item, Object.entries(value), context)),
    );

/** The most items of a batch that a user may ask for, because each batch is held in memory. */
export const BATCH_MAX = 1024;
