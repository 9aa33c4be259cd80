import type { FastifyInstance } from 'fastify';
import { Decoder } from '../oip/decoder/decoder.ts';
import type { Service } from '../service/service.ts';
import { baseApp, type HttpLimits } from './base.ts';
import { healthRoutes, inferenceDoor, inferenceRoutes } from './inference.ts';
import { type PlanChanges, planRoutes } from './plan.ts';

/** The agent's HTTP server: Open Inference Protocol v2 for the pipeline and each stage, `/metrics` for Prometheus, `/plan`. */
export function createApp(
  service: Service,
  changes: PlanChanges,
  limits: Partial<HttpLimits> = {},
): FastifyInstance {
  const app = baseApp(service, limits, inferenceDoor(service));
  healthRoutes(app, service);
  const decoder = new Decoder();
  app.addHook('onReady', () => decoder.open());
  app.addHook('onClose', () => decoder.close());
  inferenceRoutes(app, service, decoder);
  planRoutes(app, service, decoder, changes);
  app.get('/metrics', async (_request, reply) => {
    reply.type(service.telemetry.contentType);
    return service.metrics();
  });
  return app;
}
