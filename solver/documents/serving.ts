import { z } from 'zod';
import { delays } from './co-run.ts';
import { backend, milliseconds, name, positiveCount } from './common.ts';
import { pauses } from './pauses.ts';

/** How a request carries its item: as the bytes after a JSON header, or as numbers or text in the JSON. */
export const requestBody = z.enum(['binary', 'json']);

/** What a request costs the agent outside the models, with bodies of one form: HTTP, decoding, queues, and the answer. */
const requestCost = z.strictObject({
  body: requestBody,
  /** Mean length of a request's body. */
  bodyBytes: positiveCount,
  n: positiveCount,
  /** Core time of the serving process for a request. Nearly all of it is time of one thread, for which other requests wait. */
  coreMs: milliseconds,
  /**
   * Time from the moment at which a client sends a request until it has the answer, with one request at a time and models that
   * take no time.
   */
  latency: delays,
});
export type RequestCost = z.infer<typeof requestCost>;

/** What it costs to send a batch from the gateway to a pod of a stage by HTTP, and to get the results. */
const hop = z.strictObject({
  stage: name,
  items: positiveCount,
  n: positiveCount,
  /** Core time of the gateway's thread for a batch. */
  gatewayMs: milliseconds,
  /** Core time for a batch of the pod's thread that answers the gateway. */
  podMs: milliseconds,
  /** Time from the moment at which the gateway sends a batch until it has the results, with a worker that takes no time. */
  latency: delays,
});
export type Hop = z.infer<typeof hop>;

/** What serving costs beside the models, measured with the servers in one process and their client in another. */
export const serving = z.strictObject({
  requests: z.array(requestCost).min(1),
  /** Present if the profile is for a cluster, where each stage's batches go to pods. */
  hops: z.array(hop).min(1).optional(),
  /** How much longer a request takes after a pause of the server. */
  requestPauses: pauses.optional(),
  /** How much longer a batch's way to the pod and back takes after a pause of the pod. */
  hopPauses: pauses.optional(),
  /**
   * How much longer a batch on a CPU takes after a pause. Only older profiles have it, in place of the profile's `batchPauses`.
   */
  pauses: pauses.optional(),
  /** How late the timers of the serving thread are. */
  timers: delays.optional(),
});
export type Serving = z.infer<typeof serving>;

/** The least factor in service; {@link FACTOR_MAX} is the largest. The bounds limit what a wrong measurement can do to plans. */
export const FACTOR_MIN = 0.5;
export const FACTOR_MAX = 10;
const factor = z.number().min(FACTOR_MIN).max(FACTOR_MAX);

/** Times in service ÷ times in the profile. An absent factor is 1. */
export const serviceFactors = z.strictObject({
  /** Factor of the core time that a request takes outside the models. */
  request: factor.optional(),
  /** Factors of the time that batches take to a pod and back, by stage. */
  hops: z.record(name, factor).optional(),
  /** Factors of the time that batches take in their workers, by backend. */
  batches: z.partialRecord(backend, factor).optional(),
});
export type ServiceFactors = z.infer<typeof serviceFactors>;
