/**
 * Measures how much of its goodput `ipa-agent serve` keeps when more requests arrive than it can serve, and while other
 * clients send junk: `npm run bench:overload [-- --sla 100 --rate 400]`. The pipeline is fashion on the cpu backend. Server, load
 * generator and junk clients are separate processes; the load generator measures all times.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import * as option from '../../workers/command/options.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { benchFolder } from '../setup/folder.ts';
import { machineText } from '../setup/machine.ts';
import { startClient, startProcess } from './client.ts';
import { addPlanOptions, arrivalsBy, type PlanFlags, planOnCpu } from './fashion-plan.ts';
import { JUNK, type JunkClients, type JunkKind } from './junk.ts';
import { type Outcome, outcomeOf } from './report.ts';
import { startServing } from './served.ts';

/** Rates of the open loads, as multiples of the highest rate that the server answers. The plan's rate may be far below it. */
const TIMES = [1, 2, 5, 10];
const CLIENTS: Record<JunkKind, number> = {
  objects: 20,
  brackets: 20,
  parsed: 20,
  announced: 200,
  held: 200,
};
/** The load beside junk, as a share of the plan's rate. */
const BESIDE = 0.5;
const WARM_UP_MS = 4000;
/** Requests in flight while the highest rate that the server answers is measured: enough that no worker idles. */
const SATURATING = 16;
const TARGET = { goodput: 0.9, p99: 2, attainment: 0.95, memoryMb: 300 };

const flags = addPlanOptions(
  new Command('bench:overload').description('overload ipa-agent serve, and send it junk'),
)
  .option('--duration <duration>', 'length of each load', option.duration, 20)
  .parse()
  .opts<PlanFlags & { readonly duration: number }>();

const folder = benchFolder();
const plan = await planOnCpu(flags, folder);
const { models, generator, terminate } = await startClient();
const { api: junk, terminate: endJunk } = startProcess<JunkClients>('./junk.worker.ts');
const { url, pid, stop } = await startServing(plan, join(folder, 'plan.json'));
try {
  await generator.closed(url, SATURATING, 1, WARM_UP_MS);
  const saturated = await generator.closed(url, SATURATING, 1, 1000 * flags.duration);
  const carriedPerS = (1000 * outcomeOf(saturated, plan.slaMs).completed) / saturated.tookMs;
  console.log(
    `${new Date().toISOString()}, ${machineText()}, Node ${process.versions.node}\n\n${planText(plan)}\n`,
  );
  const loads: Outcome[] = [];
  for (const times of TIMES) loads.push(await open(times * carriedPerS));
  console.log(
    `With ${SATURATING} requests in flight the server answers ${carriedPerS.toFixed(0)}/s.\n\n${overloadText(loads)}`,
  );
  const afterMb = await mostMb();
  const alone = await open(BESIDE * plan.ratePerS);
  const aloneMb = await mostMb();
  console.log(`Memory of the server and its decoder in the overload: at most ${afterMb.toFixed(0)} MB`);
  const beside: [JunkKind, Outcome, number][] = [];
  for (const kind of Object.keys(JUNK) as JunkKind[]) {
    await junk.start(url, `/v2/models/${models.manifest.name}/infer`, kind, CLIENTS[kind]);
    beside.push([kind, await open(BESIDE * plan.ratePerS), await mostMb()]);
    await junk.stop();
  }
  console.log(`\n${besideText(alone, aloneMb, beside)}`);
} finally {
  stop();
  terminate();
  endJunk();
}

async function open(ratePerS: number): Promise<Outcome> {
  return outcomeOf(await generator.open(url, arrivalsBy(flags, ratePerS), plan.slaMs), plan.slaMs);
}

/**
 * Peak memory since the last call, in MB: of the server's process plus that of the process that parses large JSON, which may peak
 * at another time. NaN on systems without /proc, which only Linux has.
 */
async function mostMb(): Promise<number> {
  const textOf = (file: string) => readFile(`/proc/${file}`, 'utf8').catch(() => '');
  const children = (await textOf(`${pid}/task/${pid}/children`)).split(' ').filter(Boolean);
  const commands = await Promise.all(children.map((child) => textOf(`${child}/cmdline`)));
  let sumMb = 0;
  for (const id of [pid, ...children.filter((_, i) => commands[i]!.includes('decoder'))]) {
    sumMb += Number(/VmHWM:\s+(\d+)/.exec(await textOf(`${id}/status`))?.[1] ?? Number.NaN) / 1024;
    await writeFile(`/proc/${id}/clear_refs`, '5').catch(() => {});
  }
  return sumMb;
}

function overloadText(loads: readonly Outcome[]): string {
  const rows = loads.map((load, i) => [
    `${TIMES[i]} ×`,
    (load.sent / flags.duration).toFixed(0),
    load.goodputPerS.toFixed(0),
    (load.goodputPerS / loads[0]!.goodputPerS).toFixed(3),
    share(load.attainment),
    share(load.completed === 0 ? 0 : (load.attainment * load.sent) / load.completed),
    `${load.completed}/${load.shed}/${load.failed}`,
    ms(load.p50Ms),
    ms(load.p99Ms),
    ms(load.latenessP99Ms),
    load.generatorCores.toFixed(2),
    load.valid ? '' : 'NOT VALID',
  ]);
  const head = [
    'load',
    'sent/s',
    'goodput/s',
    '÷ that at 1 ×',
    'attainment',
    'of completed',
    'ok/shed/failed',
    'p50 ms',
    'p99 ms',
    'sent late p99',
    'cores of load',
    '',
  ];
  return `Overload, by the client's clock (target: goodput at least ${TARGET.goodput} of that at 1 ×):\n${table(head, rows)}`;
}

function besideText(alone: Outcome, aloneMb: number, beside: readonly [JunkKind, Outcome, number][]): string {
  const row = (name: string, load: Outcome, memory: string) => [
    name,
    share(load.attainment),
    `${load.completed}/${load.shed}/${load.failed}`,
    ms(load.p50Ms),
    ms(load.p99Ms),
    (load.p99Ms / alone.p99Ms).toFixed(2),
    memory,
  ];
  const rows = [
    row('alone', alone, aloneMb.toFixed(0)),
    ...beside.map(([kind, load, mb]) => row(`${CLIENTS[kind]} clients: ${kind}`, load, mb.toFixed(0))),
  ];
  const head = [
    'load',
    'attainment',
    'ok/shed/failed',
    'p50 ms',
    'p99 ms',
    '÷ alone',
    'server and decoder MB',
  ];
  return `Beside junk, at ${BESIDE} of the plan's rate (targets: attainment at least ${TARGET.attainment}, p99 at most ${TARGET.p99} × alone, memory at most ${TARGET.memoryMb} MB):\n${table(head, rows)}`;
}
