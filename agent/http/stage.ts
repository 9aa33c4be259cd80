import type { FastifyInstance, FastifyRequest } from 'fastify';
import { batchOf, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import { checkItem } from '../../models/items/item-format.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { planStage } from '../../solver/documents/plan.ts';
import { message } from '../../workers/runtime/errors.ts';
import { packMessage, unpackMessage } from '../../workers/stage/pipe.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';
import { batchSchema } from '../cluster/batch.ts';
import { RUN_MS_HEADER, WAIT_MS_HEADER } from '../cluster/run-headers.ts';
import type { HeldStages } from '../cluster/stage/held-stages.ts';
import type { StageService } from '../cluster/stage/stage-service.ts';
import { requestOfAnswer, runTensors } from '../cluster/stage/tensors.ts';
import { Decoder } from '../oip/decoder/decoder.ts';
import { InvalidInferenceError } from '../oip/errors.ts';
import { type Body, decodeMessage, encodeResponse, type InferRequest } from '../oip/infer.ts';
import { itemsOfRequest, modelMetadata } from '../oip/model.ts';
import { UnknownModelError } from '../service/errors.ts';
import { baseApp, type HttpLimits } from './base.ts';
import { bodyOf, bytesIn, send, textIn } from './body.ts';
import { healthRoutes, readiness } from './inference.ts';
import { type TokenSource, tokenRequired } from './token.ts';

const BODY_BYTES_MAX = 256 * 2 ** 20;
const STAGE_BYTES_MAX = 64 * 1024;
/** One client may use all the memory, because batches are large and only the gateways or KServe's graph send them. */
const MEMORY = { total: BODY_BYTES_MAX, perAddress: BODY_BYTES_MAX, perConnection: BODY_BYTES_MAX };

interface StageHttpOptions extends Pick<HttpLimits, 'names'> {
  /** The token that a client must send to change the stage. */
  readonly token: TokenSource;
  /** A second model name for the first stage, because KServe addresses a model by the name of its InferenceService. */
  readonly alias?: string | undefined;
}

/** The result of a batch without items. */
const EMPTY_RUN: StageRun = { results: [], children: batchOf([]), childCounts: [] };

type ModelRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;
type StageRequest = FastifyRequest<{ Params: { stage: string } }>;
type RunRequest = FastifyRequest<{ Params: { stage: string; variant: string } }>;

/**
 * The HTTP server of a replica: Open Inference Protocol v2 for each stage that it holds, and the routes of the gateways. Another
 * process parses large JSON, so that parsing does not delay the gateways' batches.
 */
export function createStageApp(held: HeldStages, { token, alias, names }: StageHttpOptions): FastifyInstance {
  const app = baseApp(held, { names, memory: MEMORY });
  healthRoutes(app, held);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', held.telemetry.contentType);
    return held.telemetry.text();
  });
  modelRoutes(app, held, alias);
  gatewayRoutes(app, held, token);
  return app;
}

/** The routes of Open Inference Protocol v2, with the loaded variants as versions of a stage. Each request runs as one batch. */
function modelRoutes(app: FastifyInstance, held: HeldStages, alias: string | undefined): void {
  const decoder = new Decoder();
  app.addHook('onClose', () => decoder.close());
  /**
   * The stage that a request names, and its variant: the one that the request names as version or, without a version, the stage's
   * chosen one.
   */
  const wantedBy = ({ params: { model, version } }: ModelRequest) => {
    const service = held.of(model === alias ? held.services[0]!.name : model);
    const { stage, variants, chosen } = service;
    if (version !== undefined && !variants.includes(version))
      throw new UnknownModelError(`version ${version} of model ${model}`, variants);
    return { service, stage, variant: version ?? chosen.variant };
  };
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, async (request: ModelRequest) => {
      const { service, stage, variant } = wantedBy(request);
      return modelMetadata(service.name, variant, [{ ...stage, next: null }]);
    });
    app.get(`${path}/ready`, async (request: ModelRequest, reply) =>
      readiness(wantedBy(request).service, reply),
    );
    app.post(`${path}/infer`, { bodyLimit: BODY_BYTES_MAX }, async (request: ModelRequest, reply) => {
      const { service, stage, variant } = wantedBy(request);
      const inference = requestOf(stage, await decoder.fast(bodyOf(request)));
      // A KServe graph sends an empty batch if the previous stage found nothing.
      const none = inference.inputs[0]!.shape[0] === 0;
      const run = none
        ? EMPTY_RUN
        : (await service.run(batchOf(itemsOfRequest(inference, stage)), variant)).run;
      const outputs = runTensors(stage, run);
      return send(
        reply,
        encodeResponse({ model: service.name, version: variant, id: inference.id, outputs }, inference),
      );
    });
  }
}

/**
 * The routes of the gateways. `/stage/<stage>/<variant>/run` takes batches in the format of messages to a stage worker, so that they
 * need no conversion. `/stage/<stage>` reads the chosen variant and batch, and changes them for a client with the token.
 */
function gatewayRoutes(app: FastifyInstance, held: HeldStages, token: TokenSource): void {
  app.post(
    '/stage/:stage/:variant/run',
    { bodyLimit: BODY_BYTES_MAX },
    async (request: RunRequest, reply) => {
      const service = held.of(request.params.stage);
      const batch = batchIn(bytesIn(request), service.stage);
      const startMs = performance.now();
      const { run, waitMs } = await service.run(batch, request.params.variant);
      const { results, children, childCounts } = run;
      reply.header(RUN_MS_HEADER, (performance.now() - startMs).toFixed(3));
      reply.header(WAIT_MS_HEADER, waitMs.toFixed(3));
      return Buffer.concat(packMessage({ results, children, childCounts }));
    },
  );
  const state = ({ chosen, variants, runtime }: StageService) => ({
    ...chosen,
    variants,
    runtime: runtime ?? null,
  });
  app.get('/stage/:stage', async ({ params }: StageRequest) => state(held.of(params.stage)));
  app.put(
    '/stage/:stage',
    { bodyLimit: STAGE_BYTES_MAX, onRequest: tokenRequired(token) },
    async (request: StageRequest) => {
      const service = held.of(request.params.stage);
      await service.change(parseJson(planStage, textIn(request), 'the stage in the request'));
      return state(service);
    },
  );
}

/**
 * Reads a request, or the previous stage's response, which a KServe graph sends to this stage unchanged.
 * @throws InvalidInferenceError
 */
function requestOf(stage: PipelineStage, body: Body): InferRequest {
  const message = decodeMessage(body);
  if ('request' in message) return message.request;
  const { id, outputs } = message.response;
  return { ...requestOfAnswer(stage, outputs), id };
}

/** Decodes and checks a batch from a gateway. @throws InvalidInferenceError */
function batchIn(body: Buffer, { name, format }: PipelineStage): ItemBatch {
  try {
    const batch = batchSchema.parse(unpackMessage(body));
    if (batch.lengths.length === 0) throw new Error('it has no items');
    for (const item of itemsOf(batch)) checkItem(name, format, item);
    return batch;
  } catch (cause) {
    throw new InvalidInferenceError(`The request is not a batch of stage ${name}: ${message(cause)}`, {
      cause,
    });
  }
}
