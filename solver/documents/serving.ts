import { z } from 'zod';
import { delays } from './co-run.ts';
import { backend, milliseconds, name, positiveCount } from './common.ts';
import { pauses } from './pauses.ts';

/** What a request costs the agent outside the models, with bodies of one form: HTTP, decoding, queues, and the answer. */
const requestCost = z.strictObject({
  /** How the request carries its item: as the bytes after a JSON header, or as numbers or text in the JSON. */
  body: z.enum(['binary', 'json']),
  /** Mean length of a request's body. */
  bodyBytes: positiveCount,
  n: positiveCount,
  /** Core time that a request takes of the process that serves. Nearly all of it is of one thread, which other requests wait for. */
  coreMs: milliseconds,
  /** Time from a client's sending until it has the answer, one request right after the other, from models that take no time. */
  latency: delays,
});
export type RequestCost = z.infer<typeof requestCost>;

/** What it costs to send a batch from the gateway to a pod of a stage by HTTP, and to get its results. */
const hop = z.strictObject({
  stage: name,
  items: positiveCount,
  n: positiveCount,
  /** Core time that a batch takes of the gateway's thread. */
  gatewayMs: milliseconds,
  /** Core time that it takes of the pod's thread that answers the gateway. */
  podMs: milliseconds,
  /** Time from the gateway's sending until it has the results, from a worker that takes no time. */
  latency: delays,
});
export type Hop = z.infer<typeof hop>;

/** What serving costs beside the models, in a process of its own for each part and with a client in another one. */
export const serving = z.strictObject({
  requests: z.array(requestCost).min(1),
  /** Present if the profile is for a cluster, where each stage's batches go to pods. */
  hops: z.array(hop).min(1).optional(),
  /** After a pause of the server, for a request. */
  requestPauses: pauses.optional(),
  /** After a pause of the pod, for a batch's way to the pod and back. */
  hopPauses: pauses.optional(),
  /** In older profiles, for a batch on a CPU, instead of the profile's `batchPauses`. */
  pauses: pauses.optional(),
  /** How late the timers of the serving thread are. */
  timers: delays.optional(),
});
export type Serving = z.infer<typeof serving>;

/** A factor in service is at least this and at most {@link FACTOR_MOST}, whatever is measured. */
export const FACTOR_LEAST = 0.5;
export const FACTOR_MOST = 10;
const factor = z.number().min(FACTOR_LEAST).max(FACTOR_MOST);

/** Times in service ÷ times in the profile. A factor that is not given is 1. */
export const serviceFactors = z.strictObject({
  /** Factor of the core time that a request takes outside the models. */
  request: factor.optional(),
  /** Factors of the time that batches take to a pod and back, by stage. */
  hops: z.record(name, factor).optional(),
  /** Factors of the time that batches take in their workers, by backend. */
  batches: z.partialRecord(backend, factor).optional(),
});
export type ServiceFactors = z.infer<typeof serviceFactors>;
