import type { FastifyInstance } from 'fastify';
import { parseJson } from '../../solver/documents/document.ts';
import { PLAN, type Plan, planSchema } from '../../solver/documents/plan.ts';
import type { Service } from '../service/service.ts';
import { checkToken } from './token.ts';

const MOST_PLAN_BYTES = 2 ** 20;
const SOURCE = 'the plan that was sent';

/** Who may change the plan, and to what. */
export interface PlanChanges {
  /** What a client must send to replace the plan; undefined: nobody may. */
  readonly token?: string | undefined;
  /** Whether a plan can be run here. @throws PlanRefusedError */
  checkPlan(plan: Plan, source: string): void;
}

/** `/plan`: anybody may read it; whoever has the token may replace it while requests run. */
export function planRoutes(app: FastifyInstance, service: Service, { token, checkPlan }: PlanChanges): void {
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
