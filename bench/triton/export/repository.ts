import { clusterName } from '../../../agent/kubernetes/export/names.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { Enum, type Message, textFormat } from './text.ts';

/** What Triton must be told of a stage's model; dimensions without the batch. */
export interface TritonModel {
  readonly stage: string;
  readonly input: { readonly name: string; readonly dims: readonly number[] };
  readonly output: { readonly name: string; readonly dims: readonly number[] };
  /** Path of the planned variant's ONNX file. */
  readonly file: string;
  /** The manifest's entry without its variants, for the model that makes the next stage's items. */
  readonly facts: unknown;
}

/** A file of the repository: its text, or a copy of a model's file, or of the program that makes items. */
export type RepositoryFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly model: string }
  | { readonly path: string; readonly program: 'items' };

/** Triton splits no request: a stage after a fan-out must take all items of one at once. */
const MOST_ITEMS = 64;

/** Of a detection x0, y0, x1, y1 and score, of a classification label and score. */
const RESULT_SIZE = -1;

const FP32 = new Enum('TYPE_FP32');
const INT32 = new Enum('TYPE_INT32');

/**
 * A Triton model repository: each stage's planned variant, between two stages a model that makes the items of the next
 * one, and an ensemble of them all. Triton is given what it can keep of a plan: batch sizes, longest waits, instances,
 * threads, and with shedding the time after which a request is refused.
 */
export function tritonRepository(plan: Plan, models: readonly TritonModel[]): RepositoryFile[] {
  const stages = plan.stages.map((stage, s) => ({ stage, model: models[s]! }));
  return [
    ...stages.flatMap(({ stage, model }, s): RepositoryFile[] => [
      {
        path: `${modelName(plan, stage.name)}/config.pbtxt`,
        text: textFormat(modelConfig(plan, stage, model, s)),
      },
      { path: `${modelName(plan, stage.name)}/1/model.onnx`, model: model.file },
    ]),
    ...stages.slice(0, -1).flatMap(({ model }, s): RepositoryFile[] => [
      {
        path: `${itemsName(plan, model.stage)}/config.pbtxt`,
        text: textFormat(itemsConfig(plan, model, models[s + 1]!)),
      },
      { path: `${itemsName(plan, model.stage)}/1/model.py`, program: 'items' },
    ]),
    { path: `${clusterName(plan.pipeline)}/config.pbtxt`, text: textFormat(ensembleConfig(plan, models)) },
    // Triton looks for a version's folder, and an ensemble has no file to lie in it.
    { path: `${clusterName(plan.pipeline)}/1/.keep`, text: '' },
  ];
}

const modelName = (plan: Plan, stage: string): string => clusterName(plan.pipeline, stage);
const itemsName = (plan: Plan, stage: string): string => clusterName(plan.pipeline, stage, 'items');

const tensor = (name: string, type: Enum, dims: readonly number[]): Message => ({
  name,
  data_type: type,
  dims: [...dims],
});

function modelConfig(plan: Plan, stage: PlanStage, { input, output }: TritonModel, index: number): Message {
  const gpu = onGpu(stage.backend);
  return {
    name: modelName(plan, stage.name),
    backend: 'onnxruntime',
    max_batch_size: index === 0 ? stage.batch : Math.max(stage.batch, MOST_ITEMS),
    input: [tensor(input.name, FP32, input.dims)],
    output: [tensor(output.name, FP32, output.dims)],
    instance_group: [{ count: stage.replicas, kind: new Enum(gpu ? 'KIND_GPU' : 'KIND_CPU') }],
    dynamic_batching: {
      preferred_batch_size: [stage.batch],
      max_queue_delay_microseconds: Math.round(1000 * stage.maxWaitMs),
      ...(plan.shedding === 'late' && {
        default_queue_policy: {
          timeout_action: new Enum('REJECT'),
          default_timeout_microseconds: Math.round(1000 * plan.slaMs),
        },
      }),
    },
    ...(!gpu && {
      parameters: [{ key: 'intra_op_thread_count', value: { string_value: String(stage.threads) } }],
    }),
  };
}

/** Its tensors carry their batch in the first dimension: there may be any number of items of one input. */
function itemsConfig(plan: Plan, model: TritonModel, next: TritonModel): Message {
  return {
    name: itemsName(plan, model.stage),
    backend: 'python',
    max_batch_size: 0,
    input: [
      tensor('images', FP32, [-1, ...model.input.dims]),
      tensor('outputs', FP32, [-1, ...model.output.dims]),
    ],
    output: [
      tensor('items', FP32, [-1, ...next.input.dims]),
      tensor('item_index', INT32, [-1]),
      tensor('results', FP32, [-1, RESULT_SIZE]),
    ],
    instance_group: [{ count: 1, kind: new Enum('KIND_CPU') }],
    parameters: [
      { key: 'stage', value: { string_value: JSON.stringify(model.facts) } },
      { key: 'next', value: { string_value: JSON.stringify(next.facts) } },
    ],
  };
}

function ensembleConfig(plan: Plan, models: readonly TritonModel[]): Message {
  const first = models[0]!;
  const last = models.at(-1)!;
  const between = models.slice(0, -1);
  const inputOf = (s: number) => (s === 0 ? first.input.name : `${models[s - 1]!.stage}_items`);
  return {
    name: clusterName(plan.pipeline),
    platform: 'ensemble',
    max_batch_size: 0,
    input: [tensor(first.input.name, FP32, [-1, ...first.input.dims])],
    output: [
      ...between.flatMap(({ stage }) => [
        tensor(`${stage}_item_index`, INT32, [-1]),
        tensor(`${stage}_results`, FP32, [-1, RESULT_SIZE]),
      ]),
      tensor(`${last.stage}_output`, FP32, [-1, ...last.output.dims]),
    ],
    ensemble_scheduling: {
      step: models.flatMap((model, s): Message[] => {
        const { stage, input, output } = model;
        const run = step(
          modelName(plan, stage),
          [[input.name, inputOf(s)]],
          [[output.name, `${stage}_output`]],
        );
        if (model === last) return [run];
        return [
          run,
          step(
            itemsName(plan, stage),
            [
              ['images', inputOf(s)],
              ['outputs', `${stage}_output`],
            ],
            ['items', 'item_index', 'results'].map((name) => [name, `${stage}_${name}`]),
          ),
        ];
      }),
    },
  };
}

type Wiring = readonly (readonly string[])[];

const step = (model: string, inputs: Wiring, outputs: Wiring): Message => ({
  model_name: model,
  model_version: -1,
  input_map: inputs.map(([key, value]) => ({ key: key!, value: value! })),
  output_map: outputs.map(([key, value]) => ({ key: key!, value: value! })),
});
