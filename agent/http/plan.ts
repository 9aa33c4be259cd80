import type { FastifyInstance } from 'fastify';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Decoder } from '../oip/decoder/decoder.ts';
import type { Service } from '../service/service.ts';
import { bytesIn } from './body.ts';
import { type TokenSource, tokenRequired } from './token.ts';

/** Most bytes of a plan in a request: enough for some thousand workers. */
const PLAN_BYTES_MAX = 2 ** 18;
/** Name of the plan in error messages. */
const SOURCE = 'the plan in the request';

/** Settings for replacing the plan over HTTP. */
export interface PlanChanges {
  /** The token that a client must send; absent if nobody may replace the plan. */
  readonly token?: TokenSource;
  /**
   * Checks that a plan may replace the one that serves: that it fits this device and these models. A gateway refuses every plan.
   * @throws PlanRefusedError
   */
  checkPlan(plan: Plan, source: string): void;
}

/** `/plan`: every client may read the plan; a client with the token may replace it while requests run. */
export function planRoutes(
  app: FastifyInstance,
  service: Service,
  decoder: Decoder,
  { token, checkPlan }: PlanChanges,
): void {
  app.get('/plan', async () => service.plan);
  app.put('/plan', { bodyLimit: PLAN_BYTES_MAX, onRequest: tokenRequired(token) }, async (request) => {
    const plan = await decoder.plan(bytesIn(request), SOURCE);
    checkPlan(plan, SOURCE);
    await service.replace(plan);
    return service.plan;
  });
}
