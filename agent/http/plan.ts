import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { parseJson } from '../../solver/documents/document.ts';
import { PLAN, planSchema } from '../../solver/documents/plan.ts';
import type { Service } from '../service.ts';
import type { HttpOptions } from './app.ts';

/** The token of a request is missing, or another one. */
class TokenError extends Error {
  override name = 'TokenError';
}

/** The agent was started without a token. */
class NoTokenError extends Error {
  override name = 'NoTokenError';
}

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

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of the token. @throws TokenError, NoTokenError */
function checkToken(token: string | undefined, authorization: string | undefined): void {
  if (token === undefined)
    throw new NoTokenError(
      'The plan cannot be replaced: the agent has no token. Start it with --token-file, or with IPA_AGENT_TOKEN set.',
    );
  const sent = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(sent), digest(token)))
    throw new TokenError(
      'Replacing the plan needs the header "Authorization: Bearer …" with the token of the agent.',
    );
}
