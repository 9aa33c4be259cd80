import { keepsSla, type Plan } from '../../solver/documents/plan.ts';
import { requestsPerS } from '../../solver/math/figures.ts';
import { pasText } from '../../solver/report/accuracy-unknown.ts';
import { unknownEndToEnd, variantSentences } from '../../solver/report/cascade-text.ts';
import { correctionText } from '../../solver/report/correction-text.ts';
import { inTimeShare, ms, share, table } from './terminal.ts';

/** A plan as text: a table of its stages, with its prediction below. */
export function planText(plan: Plan): string {
  const { predicted, percentile } = plan;
  const corrections = correctionText(plan);
  const stages = table(
    [
      'stage',
      'variant',
      'backend',
      'batch',
      'max wait ms',
      'replicas',
      'accuracy',
      'bound ms',
      'GPU share',
      'cost',
    ],
    plan.stages.map((s) => [
      s.name,
      s.variant,
      `${s.backend}${s.threads > 1 ? ` ×${s.threads}` : ''}`,
      String(s.batch),
      ms(s.maxWaitMs),
      String(s.replicas),
      share(s.accuracy),
      ms(s.boundMs),
      share(s.gpuShare),
      s.cost.toFixed(3),
    ]),
  );
  const lines = [
    stages,
    '',
    ...variantSentences(plan.stages),
    `stages of each worker: ${plan.workers.map((worker) => worker.stages.join(' + ')).join(', ')}`,
    plan.certificate,
    `bound ${ms(predicted.boundMs)} ms for an SLA of ${ms(plan.slaMs)} ms (p${percentile}) at ${requestsPerS(plan.ratePerS)}`,
    `simulated (${predicted.n} requests): p95 ${ms(predicted.latencyMs?.p95)} ms, p99 ${ms(predicted.latencyMs?.p99)} ms, ` +
      `attainment ${inTimeShare(predicted.slaAttainment)}, shed ${share(predicted.shedShare)}; the planner tightened the request ${predicted.tightened === 1 ? 'once' : `${predicted.tightened} times`}`,
    ...(predicted.slowerAttainment === undefined
      ? []
      : [
          `attainment where each batch takes a tenth longer than measured: ${inTimeShare(predicted.slowerAttainment)}`,
        ]),
    `${pasText(predicted.pas)}, end to end on the pack ${share(predicted.endToEnd)}, cost ${predicted.cost.toFixed(3)}`,
    ...unknownEndToEnd(plan),
    ...(corrections ? [`planned with times that were measured in service: ${corrections}`] : []),
    ...(plan.body === 'json' ? ['The plan counts the cost of requests in JSON.'] : []),
  ];
  if (!keepsSla(plan))
    lines.push('NOT CONFIRMED: in the simulation no plan kept the SLA; this one came nearest.');
  if (plan.profile.device.adapter?.software && plan.stages.some((s) => s.backend === 'webgpu'))
    lines.push('SOFTWARE ADAPTER: WebGPU runs on the CPU; these times do not hold for a GPU.');
  return lines.join('\n');
}
