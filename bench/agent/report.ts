import type { Plan } from '../../solver/documents/plan.ts';
import { median, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { isValid } from '../../solver/report/lateness.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { machineText } from '../setup/machine.ts';
import type { Sent, SentRequest } from './load.ts';

const TARGET = { attainment: 0.99, saturation: 0.9, addedMs: 1 };

/** Result of a load, judged by an SLA. Counts and goodput are of images, of which an HTTP request may have several. */
export interface Outcome {
  readonly sent: number;
  readonly completed: number;
  readonly shed: number;
  readonly failed: number;
  readonly attainment: number;
  readonly goodputPerS: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly latenessP99Ms: number;
  /** False if late sending changed the result, so that it does not show the server's performance. */
  readonly valid: boolean;
  readonly generatorCores: number;
}

export interface Measurements {
  readonly date: string;
  readonly plan: Plan;
  /**
   * Median latencies of single requests, in ms: by bare sessions and by stage workers with batches of 1, by the server with the
   * plan, and by the server with batches of 1.
   */
  readonly low: Record<'sessions' | 'loop' | 'plan' | 'batchOne', number>;
  readonly open: readonly (Outcome & {
    readonly ratePerS: number;
    /** Rate as a share of the plan's rate. */
    readonly share: number;
    readonly durationS: number;
  })[];
  /** Number of images in flight at saturation. */
  readonly atOnce: number;
  /** Number of images in a request with several. */
  readonly images: number;
  /** Images per second at saturation in each round. For the server, only images within the SLA count. */
  readonly perS: Record<'sessions' | 'loop' | 'single' | 'several' | 'batchOne', number[]>;
}

export function outcomeOf({ images, requests, tookMs, cpuMs }: Sent, slaMs: number): Outcome {
  const of = (outcome: SentRequest['outcome']) => requests.filter((request) => request.outcome === outcome);
  const latencies = sortedNumbers(of('completed').map(({ latencyMs }) => latencyMs));
  const good = latencies.filter((latency) => latency <= slaMs).length;
  const percentile = (percentile: number) =>
    latencies.length === 0 ? Number.NaN : nearestRank(latencies, percentile);
  return {
    sent: images * requests.length,
    completed: images * latencies.length,
    shed: images * of('shed').length,
    failed: images * of('failed').length,
    attainment: good / requests.length,
    goodputPerS: (1000 * images * good) / tookMs,
    p50Ms: percentile(50),
    p95Ms: percentile(95),
    p99Ms: percentile(99),
    latenessP99Ms: nearestRank(sortedNumbers(requests.map(({ lateMs }) => lateMs)), 99),
    valid: isValid(
      requests.map(({ outcome, latencyMs }) => ({ latencyMs: outcome === 'completed' ? latencyMs : null })),
      requests.map(({ lateMs }) => lateMs),
      slaMs,
    ),
    generatorCores: cpuMs / tookMs,
  };
}

const verdict = (met: boolean, target: string): string => `(target ${target}${met ? '' : ': MISSED'})`;

function lowText({ low }: Measurements): string {
  const added = low.batchOne - low.loop;
  return [
    'Low load, one request at a time, p50:',
    `sessions alone with batches of 1: ${ms(low.sessions)} ms; the same in stage workers, with decoding, crops and messages: ${ms(low.loop)} ms;`,
    `server with batches of 1, as a plan for such a load has: ${ms(low.batchOne)} ms;`,
    `HTTP and queues add ${ms(added)} ms ${verdict(added <= TARGET.addedMs, `at most ${TARGET.addedMs}`)};`,
    `server with the plan, whose batches wait to fill: ${ms(low.plan)} ms`,
  ].join('\n');
}

const openText = ({ open }: Measurements): string =>
  open
    .map((load) => {
      const target =
        load.share < 1
          ? ` ${verdict(load.attainment >= TARGET.attainment, `at least ${TARGET.attainment}`)}`
          : '';
      return [
        `Open loop at ${load.share} of the rate that the plan is made for, ${load.ratePerS.toFixed(0)} requests/s for ${load.durationS} s, at exponential intervals:`,
        `attainment ${share(load.attainment)}${target}, p50 ${ms(load.p50Ms)} ms, p99 ${ms(load.p99Ms)} ms`,
        `completed ${load.completed} + shed ${load.shed} + failed ${load.failed} of ${load.sent} sent`,
        `requests were sent ${ms(load.latenessP99Ms)} ms late (p99)${load.valid ? '' : ': NOT VALID'}; the load generator used ${load.generatorCores.toFixed(2)} of a core`,
      ].join('\n');
    })
    .join('\n\n');

function saturatedText({ perS, atOnce, images, plan }: Measurements): string {
  type Name = keyof typeof perS;
  const ratio = (name: Name, to: Name) => median(perS[name].map((value, round) => value / perS[to][round]!));
  const rows: [Name, string][] = [
    ['sessions', 'sessions: ready tensors, no messages'],
    ['loop', 'loop: the same batches to the stage workers'],
    ['single', 'server, one image a request'],
    ['several', `server, ${images} images a request`],
    ['batchOne', 'server with batches of 1, one image a request'],
  ];
  const toLoop = ratio('single', 'loop');
  return [
    `Saturated with ${atOnce} images in flight; servers count what they answer within ${plan.slaMs} ms:`,
    table(
      ['', 'images/s', '÷ loop', '÷ sessions', 'by round'],
      rows.map(([name, text]) => [
        text,
        median(perS[name]).toFixed(0),
        ratio(name, 'loop').toFixed(3),
        ratio(name, 'sessions').toFixed(3),
        perS[name].map((value) => value.toFixed(0)).join(' '),
      ]),
    ),
    `server ÷ loop ${toLoop.toFixed(3)} ${verdict(toLoop >= TARGET.saturation, `at least ${TARGET.saturation}`)}; ` +
      `÷ server with batches of 1 ${ratio('single', 'batchOne').toFixed(3)}`,
  ].join('\n');
}

export function report(measurements: Measurements): string {
  const { date, plan } = measurements;
  return [
    `${date}, ${machineText()}, Node ${process.versions.node}`,
    planText(plan),
    lowText(measurements),
    openText(measurements),
    saturatedText(measurements),
  ].join('\n\n');
}
