import { expect, test } from 'vitest';
import { HeldStages } from '../../agent/cluster/stage/held-stages.ts';
import { Service } from '../../agent/service/service.ts';
import type { StartWorker } from '../../workers/executor/start-worker.ts';
import { models, planOf } from './serving.ts';

/** Makes options whose workers load until their signal aborts, and a list of the workers that have ended. */
function loading() {
  const stop = new AbortController();
  const ended: string[] = [];
  const startWorker: StartWorker = (id, _planWorker, _plan, signal) =>
    new Promise((_resolve, reject) =>
      signal!.addEventListener('abort', () => {
        ended.push(id);
        reject(new Error('ended'));
      }),
    );
  const { pipeline } = models;
  const plan = planOf({ workers: [['detect'], ['classify']] });
  return { stop, ended, options: { pipeline, plan, startWorker, signal: stop.signal, onEvent() {} } };
}

test.each([
  ['service', (options: ReturnType<typeof loading>['options']) => Service.start(options)],
  [
    'pod',
    (options: ReturnType<typeof loading>['options']) => HeldStages.start(['detect', 'classify'], options),
  ],
])(
  'the workers of a %s that is stopped while they load end, and the reason is that of the stop',
  async (_, start) => {
    const { stop, ended, options } = loading();
    const started = start(options);
    stop.abort(new Error('stopped'));
    await expect(started).rejects.toThrow('stopped');
    expect(ended).toHaveLength(2);
  },
);
