import type { FastifyInstance } from 'fastify';
import type { Service } from '../service.ts';
import { baseApp } from './base.ts';
import { healthRoutes, inferenceRoutes } from './inference.ts';
import { planRoutes } from './plan.ts';

export interface HttpOptions {
  /** What a client must send to replace the plan; undefined: nobody may. */
  readonly token?: string | undefined;
  /** Whether a plan can be run here. @throws PlanRefusedError */
  checkPlan(plan: Service['plan'], source: string): void;
}

/**
 * The service over HTTP: the Open Inference Protocol v2 for the pipeline and each stage, `/metrics` for Prometheus, and
 * `/plan`.
 */
export function createApp(service: Service, options: HttpOptions): FastifyInstance {
  const app = baseApp(service);
  healthRoutes(app, service);
  inferenceRoutes(app, service);
  planRoutes(app, service, options);
  app.get('/metrics', async (_request, reply) => {
    reply.type(service.telemetry.contentType);
    return service.metrics();
  });
  return app;
}
