import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bytesMaxOf } from '../../models/items/item-format.ts';
import { VERSION } from '../../workers/command/version.ts';
import type { Decoder } from '../oip/decoder/decoder.ts';
import { InvalidInferenceError } from '../oip/errors.ts';
import { checkWanted, decodeRequest, EXTENSIONS, encodeResponse } from '../oip/infer.ts';
import { itemsOfRequest, modelMetadata, outputNames, outputTensors } from '../oip/model.ts';
import { UnknownModelError } from '../service/errors.ts';
import type { ServedModel, Service } from '../service/service.ts';
import { arrivedMs } from './arrival.ts';
import { bodyOf, jsonLengthOf, send } from './body.ts';
import type { Door } from './door.ts';
import { HttpError } from './errors.ts';

/** The only version that each model has. */
const MODEL_VERSION = '1';
/** The response to `GET /v2`: the agent's metadata as a server of the Open Inference Protocol. */
const SERVER = { name: 'ipa-agent', version: VERSION, extensions: EXTENSIONS };

/** The most items in one HTTP request. */
const ITEMS_MAX = 64;
const ENVELOPE_BYTES = 64 * 1024;
/** The binary tensors of a request may have at most this many bytes, unless one item is larger. */
const BODY_BYTES_MAX = 16 * 2 ** 20;
/**
 * One byte of an item takes at most this many bytes in JSON: a sample of 4 bytes has up to 25 characters, a pixel has 3, both
 * with a comma and a space, and an escaped byte of a text has 6.
 */
const JSON_BYTES = 7;
/** Most bytes of the items in a request's JSON, unless one item alone needs more. All other fields share `ENVELOPE_BYTES`. */
const JSON_BYTES_MAX = 2 ** 20;

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

/** Matches the URL of an inference request. The group is the name of the model, percent-encoded. */
const INFER_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/[^/]+)?\/infer(?:\?|$)/;

/**
 * Makes the door that refuses a request to a model if the request cannot make its SLA. While the service drains, the route and
 * not the door refuses requests, because only answers of routes tell clients to close their connections (`serve.ts`).
 */
export const inferenceDoor =
  (service: Service): Door =>
  ({ method, url }) => {
    const name = method === 'POST' ? INFER_PATH.exec(url!)?.[1] : undefined;
    const model = name === undefined || service.draining ? undefined : service.models.get(decoded(name));
    return model && service.refusal(model, arrivedMs());
  };

/** Decodes a part of a URL. An invalid one stays as it is, because Fastify refuses it. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function inferenceRoutes(app: FastifyInstance, service: Service, decoder: Decoder): void {
  const modelOf = ({ params: { model, version } }: ModelRequest): ServedModel => {
    const found = service.model(model);
    if (version !== undefined && version !== MODEL_VERSION)
      throw new UnknownModelError(`version ${version} of model ${model}`, [MODEL_VERSION]);
    return found;
  };
  const { bodyLimit, jsonBytesMax } = limitsOf(service);
  /** Refuses a request before its body is read, if it has too much JSON or cannot make its SLA. */
  const onRequest = (request: ModelRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    checkJsonLength(request, jsonBytesMax);
    const model = service.models.get(request.params.model);
    done(model && service.refusal(model, request.arrivalMs));
  };
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, async (request: ModelRequest) => {
      const { name, stages } = modelOf(request);
      return modelMetadata(name, MODEL_VERSION, stages);
    });
    app.get(`${path}/ready`, async (request: ModelRequest, reply) => {
      modelOf(request);
      return readiness(service, reply);
    });
    app.post(`${path}/infer`, { bodyLimit, onRequest }, async (request: ModelRequest, reply) => {
      const model = modelOf(request);
      const inference = decodeRequest(await decoder.fast(bodyOf(request)));
      checkWanted(model.name, outputNames(model.stages), inference);
      const items = itemsOfRequest(inference, model.stages[0]!);
      if (items.length > ITEMS_MAX)
        throw new InvalidInferenceError(
          `The request has ${items.length} items; at most ${ITEMS_MAX} may come at once.`,
        );
      const outputs = outputTensors(model.stages, await service.infer(model, items, request.arrivalMs));
      const response = { model: model.name, version: MODEL_VERSION, id: inference.id, outputs };
      return send(reply, encodeResponse(response, inference));
    });
  }
}

export function readiness({ ready }: Readiness, reply: FastifyReply): Readiness {
  if (!ready) reply.code(503);
  return { ready };
}

/** Limits for the bytes of a request's body, and of the JSON in it. */
function limitsOf({ models }: Service): { readonly bodyLimit: number; readonly jsonBytesMax: number } {
  const largest = Math.max(...[...models.values()].map(({ stages: [first] }) => bytesMaxOf(first!.format)));
  const jsonBytesMax = ENVELOPE_BYTES + Math.max(JSON_BYTES_MAX, JSON_BYTES * largest);
  const binary = Math.max(largest, Math.min(BODY_BYTES_MAX, ITEMS_MAX * largest));
  return { bodyLimit: Math.max(jsonBytesMax, ENVELOPE_BYTES + binary), jsonBytesMax };
}

/** Refuses a request with more than `bytesMax` bytes of JSON. @throws HttpError 413, InvalidInferenceError */
function checkJsonLength(request: FastifyRequest, bytesMax: number): void {
  const bytes = jsonLengthOf(request) ?? Number(request.headers['content-length'] ?? 0);
  if (bytes > bytesMax)
    throw new HttpError(
      413,
      `The JSON has ${bytes} bytes; at most ${bytesMax} are accepted. Send tensors as binary data, which takes a fraction of the bytes.`,
    );
}
