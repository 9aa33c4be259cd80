import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { cpuMs } from '../../workers/environment/node.ts';
import { timersFor } from '../../workers/profiler/cpu-co-run.ts';
import type { RecordedStage } from '../../workers/profiler/recorded-stage.ts';
import { HeldStages } from '../cluster/stage/held-stages.ts';
import { createApp } from '../http/app.ts';
import { listen } from '../http/serve.ts';
import { createStageApp } from '../http/stage.ts';
import { Service } from '../service/service.ts';
import { probePlan } from './probe-plan.ts';
import { replayingWorker } from './replay.ts';

const HOST = '127.0.0.1';

/** The servers of the agent in front of workers that take no time. The probe runs in a process of its own. */
export class ServingProbe {
  /** Serves a pipeline as `ipa-agent serve` and a gateway do. @returns the URL */
  async serve(manifest: Manifest, recorded: readonly RecordedStage[]): Promise<string> {
    const service = await Service.start({
      pipeline: new Pipeline(manifest),
      plan: probePlan(manifest),
      startWorker: async () => replayingWorker(recorded),
      onEvent: ignore,
    });
    return listen(createApp(service, { checkPlan: ignore }), HOST, 0);
  }

  /** Serves a stage as its pods do. @returns the URL */
  async serveStage(manifest: Manifest, recorded: RecordedStage): Promise<string> {
    const held = await HeldStages.start([recorded.stage], {
      pipeline: new Pipeline(manifest),
      plan: probePlan(manifest),
      startWorker: async () => replayingWorker([recorded]),
      onEvent: ignore,
    });
    return listen(createStageApp(held, { token: async () => undefined }), HOST, 0);
  }

  /** Waits for timers as the dispatch does. @returns how late each was, in ms */
  timers(forMs: number): Promise<number[]> {
    return timersFor(forMs);
  }

  /** Keeps a core busy, as a model does. */
  spin(forMs: number): void {
    for (const endMs = performance.now() + forMs; performance.now() < endMs; );
  }

  cpuMs(): number {
    return cpuMs();
  }
}

function ignore(): void {}
