import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bytesMaxOf } from '../../models/items/item-format.ts';
import { InvalidInferenceError } from '../oip/errors.ts';
import { checkWanted, decodeRequest, EXTENSIONS, encodeResponse } from '../oip/infer.ts';
import type { ServerMetadata } from '../oip/metadata.ts';
import { itemsOfRequest, modelMetadata, outputNames, outputTensors } from '../oip/model.ts';
import { UnknownModelError } from '../service/errors.ts';
import type { ServedModel, Service } from '../service/service.ts';
import { bodyOf, send } from './body.ts';

const VERSION = '1';
/** The response to `GET /v2`: the agent's metadata as a server of the Open Inference Protocol. */
export const SERVER: ServerMetadata = { name: 'ipa-agent', version: '0.1.0', extensions: EXTENSIONS };

/** Most items in one HTTP request. */
const MOST_ITEMS = 64;
/** Most bytes that one value takes in JSON, with its comma. */
const JSON_BYTES = 5;
const ENVELOPE_BYTES = 64 * 1024;
/** Most bytes of a request body, even if items are larger. */
const MOST_BODY_BYTES = 64 * 2 ** 20;

interface Readiness {
  readonly ready: boolean;
}

export function healthRoutes(app: FastifyInstance, service: Readiness): void {
  app.get('/v2', async () => SERVER);
  app.get('/v2/', async () => SERVER);
  app.get('/v2/health/live', async () => ({ live: true }));
  app.get('/v2/health/ready', async (_request, reply) => readiness(service, reply));
}

interface Params {
  readonly model: string;
  readonly version?: string;
}
type ModelRequest = FastifyRequest<{ Params: Params }>;

export function inferenceRoutes(app: FastifyInstance, service: Service): void {
  const modelOf = ({ params: { model, version } }: ModelRequest): ServedModel => {
    const found = service.model(model);
    if (version !== undefined && version !== VERSION)
      throw new UnknownModelError(`version ${version} of model ${model}`, [VERSION]);
    return found;
  };
  const bodyLimit = bodyLimitOf(service);
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, async (request: ModelRequest) => {
      const { name, stages } = modelOf(request);
      return modelMetadata(name, VERSION, stages);
    });
    app.get(`${path}/ready`, async (request: ModelRequest, reply) => {
      modelOf(request);
      return readiness(service, reply);
    });
    app.post(`${path}/infer`, { bodyLimit }, async (request: ModelRequest, reply) => {
      const model = modelOf(request);
      const inference = decodeRequest(bodyOf(request));
      checkWanted(model.name, outputNames(model.stages), inference);
      const items = itemsOfRequest(inference, model.stages[0]!);
      if (items.length > MOST_ITEMS)
        throw new InvalidInferenceError(
          `The request has ${items.length} items; at most ${MOST_ITEMS} may come at once.`,
        );
      const outputs = outputTensors(model.stages, await service.infer(model, items));
      const response = { model: model.name, version: VERSION, id: inference.id, outputs };
      return send(reply, encodeResponse(response, inference));
    });
  }
}

export function readiness({ ready }: Readiness, reply: FastifyReply): Readiness {
  if (!ready) reply.code(503);
  return { ready };
}

/** Most bytes of a request body: as many of the largest items as a request may have, as JSON. */
function bodyLimitOf({ models }: Service): number {
  const largest = Math.max(...[...models.values()].map(({ stages: [first] }) => bytesMaxOf(first!.format)));
  return Math.min(MOST_BODY_BYTES, ENVELOPE_BYTES + MOST_ITEMS * JSON_BYTES * largest);
}
