import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { batchOf } from '../../models/items/item-batch.ts';
import { type PipelineStage, pipelineStage } from '../../models/manifests/pipeline.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { planStage } from '../../solver/documents/plan.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';
import type { StageService } from '../cluster/stage/stage-service.ts';
import { requestOfAnswer, runTensors } from '../cluster/stage/tensors.ts';
import { InvalidInferenceError } from '../oip/errors.ts';
import { decodeRequest, decodeResponse, encodeResponse, type InferRequest } from '../oip/infer.ts';
import { itemsOfRequest, modelMetadata } from '../oip/model.ts';
import { UnknownModelError } from '../service/errors.ts';
import { baseApp } from './base.ts';
import { bodyOf, send } from './body.ts';
import { SERVER } from './inference.ts';
import { checkToken } from './token.ts';

const MOST_BODY_BYTES = 256 * 2 ** 20;
const MOST_STAGE_BYTES = 64 * 1024;

export interface StageHttpOptions {
  /** The token that a change must send; undefined: nobody may change the stage. */
  readonly token: string | undefined;
  /** A second name of the stage. */
  readonly alias?: string | undefined;
}

/** The answer to a request without items. */
const EMPTY_RUN: StageRun = { results: [], children: batchOf([]), childCounts: [], inferenceMs: 0 };

type ModelRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

/**
 * A stage over HTTP: the Open Inference Protocol v2, whose versions are the variants that are loaded. Each request is run as
 * one batch. `/stage` says which variant and batch are chosen, and changes them for a client with the token.
 */
export function createStageApp(service: StageService, { token, alias }: StageHttpOptions): FastifyInstance {
  const app = baseApp(service);
  const { stage } = service;

  app.get('/v2', async () => SERVER);
  app.get('/v2/', async () => SERVER);
  app.get('/v2/health/live', async () => ({ live: true }));
  app.get('/v2/health/ready', async (_request, reply) => readiness(reply, service.ready));

  const alone = pipelineStage(stage.stage, null);

  /** The variant that a request names; the chosen one where it names none. */
  const variantOf = ({ params: { model, version } }: ModelRequest): string => {
    if (model !== stage.name && model !== alias) throw new UnknownModelError(`model ${model}`, [stage.name]);
    if (version !== undefined && !service.variants.includes(version))
      throw new UnknownModelError(`version ${version} of model ${model}`, service.variants);
    return version ?? service.chosen.variant;
  };
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, async (request: ModelRequest) => modelMetadata(stage.name, variantOf(request), [alone]));
    app.get(`${path}/ready`, async (request: ModelRequest, reply) => {
      variantOf(request);
      return readiness(reply, service.ready);
    });
    app.post(`${path}/infer`, { bodyLimit: MOST_BODY_BYTES }, async (request: ModelRequest, reply) => {
      const variant = variantOf(request);
      const inference = requestOf(stage, request);
      // A KServe graph passes on an empty batch where the stage before found nothing.
      const none = inference.inputs[0]!.shape[0] === 0;
      const run = none ? EMPTY_RUN : await service.run(batchOf(itemsOfRequest(inference, stage)), variant);
      const outputs = runTensors(stage, run);
      return send(
        reply,
        encodeResponse({ model: stage.name, version: variant, id: inference.id, outputs }, inference),
      );
    });
  }

  const state = () => ({ ...service.chosen, variants: service.variants, runtime: service.runtime ?? null });
  app.get('/stage', async () => state());
  app.put(
    '/stage',
    {
      bodyLimit: MOST_STAGE_BYTES,
      // Checked before the body is read.
      onRequest: async (request) => checkToken(token, request.headers.authorization),
    },
    async (request) => {
      const text = new TextDecoder().decode((request.body ?? new Uint8Array()) as Uint8Array);
      await service.change(parseJson(planStage, text, 'the stage in the request'));
      return state();
    },
  );
  return app;
}

/** A request, or the stage before's answer, which a KServe graph passes on as it is. @throws InvalidInferenceError */
function requestOf(stage: PipelineStage, request: FastifyRequest): InferRequest {
  const body = bodyOf(request);
  try {
    return decodeRequest(body);
  } catch (error) {
    if (!(error instanceof InvalidInferenceError)) throw error;
    try {
      return requestOfAnswer(stage, decodeResponse(body).outputs);
    } catch {
      throw error;
    }
  }
}

function readiness(reply: FastifyReply, ready: boolean): { ready: boolean } {
  if (!ready) reply.code(503);
  return { ready };
}
