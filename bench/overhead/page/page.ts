import { wrap } from 'comlink';
import { loadManifest } from '../../../models/manifests/load.ts';
import { browserEnvironment, rawWorker } from '../../../workers/environment/browser.ts';
import { fileFetcher } from '../../../workers/environment/fetch-file.ts';
import { StageWorker } from '../../../workers/stage/stage-worker.ts';
import type { BareApi } from '../bare/host.ts';
import { measureOverhead, type OverheadResult } from '../measure.ts';
import type { OverheadRequest, Spawn } from '../types.ts';

export interface OverheadPage {
  /** @param manifestUrl relative to the page's URL */
  measure(manifestUrl: string, request: OverheadRequest): Promise<OverheadResult>;
}

const spawn: Spawn = async (id, threads) => {
  const worker = new Worker(new URL('../bare/worker.browser.ts', import.meta.url), {
    type: 'module',
    name: id,
  });
  return { worker: await StageWorker.start(id, rawWorker(worker), threads), bare: wrap<BareApi>(worker) };
};

(globalThis as { overhead?: OverheadPage }).overhead = {
  measure: async (manifestUrl, request) =>
    measureOverhead(await loadManifest(manifestUrl, fileFetcher()), browserEnvironment(), spawn, request),
};
