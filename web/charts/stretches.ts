import type { RequestRecord, RunReport } from '../../solver/documents/run-report.ts';
import { requestOutcomes } from '../../solver/report/run-result.ts';
import { milliseconds, number, plural } from '../components/format.ts';
import type { ChartPoint } from './chart-points.ts';

const LENGTHS_S = [1, 2, 5, 10, 30, 60, 300, 600];
/** A run is divided into at most this many stretches, because more would be too narrow to point at. */
const STRETCHES_MAX = 60;

/** Summarises the outcomes of a run's requests in stretches of equal length, by arrival time. */
export function stretchesOf({ requests, slaMs, load: { durationS } }: RunReport): ChartPoint[] {
  const lengthS =
    LENGTHS_S.find((length) => durationS / length <= STRETCHES_MAX) ?? Math.ceil(durationS / STRETCHES_MAX);
  const stretches = Array.from({ length: Math.ceil(durationS / lengthS) }, (): RequestRecord[] => []);
  for (const request of requests) {
    const at = Math.floor(request.arrivalMs / 1000 / lengthS);
    stretches[Math.min(at, stretches.length - 1)]!.push(request);
  }
  return stretches.map((arrived, i) => {
    const fromS = i * lengthS;
    const toS = Math.min(durationS, fromS + lengthS);
    return {
      x: (fromS + toS) / 2,
      text: `${number(fromS, 0)} to ${number(toS)} s: ${outcomes(arrived, slaMs, lengthS)}`,
    };
  });
}

function outcomes(requests: readonly RequestRecord[], slaMs: number, lengthS: number): string {
  const { completed, shed, failed, latencyMs } = requestOutcomes(requests, slaMs, lengthS);
  const late = requests.filter((request) => (request.latencyMs ?? 0) > slaMs).length;
  const parts: [string, number][] = [
    ['within the SLA', completed - late],
    ['late', late],
    ['shed', shed],
    ['failed', failed],
  ];
  return [
    plural(requests.length, 'request'),
    ...(requests.length
      ? [
          parts
            .filter(([, n]) => n > 0)
            .map(([what, n]) => `${number(n)} ${what}`)
            .join(', '),
        ]
      : []),
    ...(latencyMs ? [`p50 ${milliseconds(latencyMs.p50)}, longest ${milliseconds(latencyMs.max)}`] : []),
  ].join('\n');
}
