import { wrap } from 'comlink';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import type { BareApi } from '../../workers/overhead/host.ts';
import { measureOverhead, type OverheadResult } from '../../workers/overhead/measure.ts';
import type { OverheadRequest } from '../../workers/overhead/types.ts';
import { StageWorker } from '../../workers/stage/stage-worker.ts';

/** The overhead benchmark in a page. */
export const measureInPage = (
  models: LoadedManifest,
  environment: Environment,
  request: OverheadRequest,
): Promise<OverheadResult> =>
  measureOverhead(
    models,
    environment,
    async (id, threads) => {
      const endpoint = new Worker(new URL('../../workers/overhead/worker.browser.ts', import.meta.url), {
        type: 'module',
        name: id,
      });
      const gone = new Promise<string>((resolve) => {
        endpoint.addEventListener('error', (event) => resolve(event.message || 'it could not be loaded'));
      });
      const raw = { endpoint, gone, terminate: () => endpoint.terminate() };
      return { worker: await StageWorker.start(id, raw, threads), bare: wrap<BareApi>(endpoint) };
    },
    request,
  );
