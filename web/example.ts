import { constantLoad, environment, loadManifest, openStore, plan, profile, run } from 'ipa-edge';

const log = (line: string) => document.querySelector('#log')!.append(`${line}\n`);

const models = await loadManifest('models/fashion/manifest.json');
const settings = { backends: ['wasm'], threads: [1], batches: [1, 2, 4], budgetS: 5, seed: 1 } as const;
const browser = { models, environment: environment() };

log(`measuring ${models.manifest.name} on wasm …`);
const measured = await profile({ ...browser, store: await openStore(), settings });
log(`measured ${measured.cells.length} cells on ${measured.device.agent}`);

const best = await plan(measured, { slaMs: 200, ratePerS: 10 });
log(`planned ${best.stages.map((s) => `${s.variant} at batch ${s.batch}`).join(' → ')}`);

const load = constantLoad(10, 5, 1);
const { result } = await run({ ...browser, name: 'plan', plan: best, backends: ['wasm'], load, seed: 1 });
log(`p50 ${result.latencyMs.p50?.toFixed(1)} ms, attainment ${result.slaAttainment}`);
log(`${result.accuracy.metric} ${result.accuracy.endToEnd?.toFixed(3)}`);
