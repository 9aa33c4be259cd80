import type { FastifyInstance } from 'fastify';
import { parseJson } from '../../solver/documents/document.ts';
import { PLAN, planSchema } from '../../solver/documents/plan.ts';
import type { Service } from '../service.ts';
import type { HttpOptions } from './app.ts';
import { checkToken } from './token.ts';

const MOST_PLAN_BYTES = 2 ** 20;
const SOURCE = 'the plan that was sent';

/** `/plan`: anybody may read it; whoever has the token may replace it while requests run. */
export function planRoutes(app: FastifyInstance, service: Service, { token, checkPlan }: HttpOptions): void {
  app.get('/plan', async () => service.plan);
  app.put(
    '/plan',
    {
      bodyLimit: MOST_PLAN_BYTES,
      // Before the body is read.
      onRequest: async (request) => checkToken(token, request.headers.authorization),
    },
    async (request) => {
      const text = new TextDecoder().decode((request.body ?? new Uint8Array()) as Uint8Array);
      const plan = parseJson(planSchema, text, SOURCE, PLAN);
      checkPlan(plan, SOURCE);
      await service.replace(plan);
      return service.plan;
    },
  );
}
