import { keepFields } from '../../models/items/fields.ts';
import type { Item } from '../../models/items/item-batch.ts';
import { type ModelBytes, ownRoles, weightsOf } from '../../models/manifests/load.ts';
import {
  fileRoles,
  hasShape,
  type Program,
  type ProgramRun,
  type Scratch,
  type Signature,
  type TensorSpec,
  tensorOf,
} from '../../models/tasks/program.ts';
import { programOf, taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Session, TensorInfo } from '../../models/tasks/tensor.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { ModelLoadError, ModelMismatchError, OrtLoadError, TraceFolderError } from '../runtime/errors.ts';
import { dimsText, type OrtSession, type Runtime } from '../runtime/runtime.ts';
import type { VariantSpec } from './protocol.ts';

/** A variant that a worker has loaded, with its sessions by role. */
export interface VariantSessions<S extends Session = OrtSession> {
  readonly spec: VariantSpec;
  readonly program: Program<ManifestStage, StageResult>;
  readonly sessions: Readonly<Record<string, S>>;
}

/**
 * Creates and checks the sessions of a variant.
 * @param profiled whether ONNX Runtime times the operators of each run
 * @throws ModelLoadError, ModelMismatchError, OrtLoadError, TraceFolderError
 */
export async function openVariant(
  runtime: Runtime,
  spec: VariantSpec,
  files: ModelBytes,
  profiled = false,
): Promise<VariantSessions & { readonly createMs: number }> {
  const start = performance.now();
  const sessions: Record<string, OrtSession> = {};
  const roles = ownRoles(files);
  const program = programOf(spec.stage, roles) ?? misfit(spec, roles);
  const unloadable = (cause: unknown): never => {
    const isOfModel = !(cause instanceof TraceFolderError || cause instanceof OrtLoadError);
    throw isOfModel ? new ModelLoadError(spec.model, cause) : cause;
  };
  try {
    const signatures = program.signatures(spec.stage);
    for (const [role, { keeps = false }] of Object.entries(signatures))
      sessions[role] = await runtime
        .createSession(files[role]!, spec.backend, { keeps, weights: weightsOf(files, role), profiled })
        .catch(unloadable);
    const stage = (await program.prepare?.(spec.stage, files).catch(unloadable)) ?? spec.stage;
    const createMs = performance.now() - start;
    checkSignatures(spec, signatures, sessions);
    return { spec: { ...spec, stage }, program, sessions, createMs };
  } catch (error) {
    await releaseSessions(sessions);
    throw error;
  }
}

export async function releaseSessions(sessions: VariantSessions['sessions']): Promise<void> {
  for (const session of Object.values(sessions)) await session.release();
}

/** Answers a batch. @param scratch memory that no other run uses meanwhile */
export async function runVariant(
  { spec: { stage, format }, program, sessions }: VariantSessions<Session>,
  items: readonly Item[],
  scratch: Scratch,
): Promise<ProgramRun<StageResult>> {
  const ownFormat = taskOf(stage).itemFormat(stage);
  const own = items.map((item) => keepFields(format, ownFormat, item));
  return program.run(stage, own, sessions, scratch);
}

/** @throws ModelMismatchError with the roles of the files that the stage's programs need */
function misfit({ model, stage }: VariantSpec, roles: readonly string[]): never {
  const expected = taskOf(stage).programs.map((program) => fileRoles(program, stage).join(', '));
  throw new ModelMismatchError(model, 'the set of its files', expected.join('; or '), roles.join(', '));
}

/** Compares the models' inputs and outputs with the signatures that the stage's task expects. @throws ModelMismatchError */
function checkSignatures(
  { model }: VariantSpec,
  signatures: Readonly<Record<string, Signature>>,
  sessions: Readonly<Record<string, Session>>,
): void {
  for (const [role, { inputs, outputs }] of Object.entries(signatures)) {
    const session = sessions[role]!;
    checkTensors(model, 'input', session.inputs, inputs);
    checkTensors(model, 'output', session.outputs, outputs);
  }
}

function checkTensors(
  model: string,
  side: 'input' | 'output',
  found: readonly TensorInfo[],
  expected: readonly TensorSpec[],
): void {
  const severalByPlace = expected.filter(({ name }) => name === undefined).length > 1;
  expected.forEach((spec, i) => {
    const { name, types, dims, orDims } = spec;
    const what = `its ${side}${name ? ` ${name}` : severalByPlace ? ` ${i + 1}` : ''}`;
    const tensor = tensorOf(spec, i, found);
    const type = types.join(' or ');
    if (!tensor && spec.optional) return;
    if (!tensor) throw new ModelMismatchError(model, what, `${type} ${dimsText([null, ...dims])}`, 'missing');
    if (!types.some((known) => known === tensor.type))
      throw new ModelMismatchError(model, `the type of ${what}`, type, tensor.type);
    // The batch dimension may be open or fixed. Other open dimensions are accepted: the program checks each output's shape.
    const [batch, ...rest] = tensor.dims;
    const shapes = orDims ? [dims, orDims] : [dims];
    if (batch === undefined || !shapes.some((shape) => hasShape(rest, shape)))
      throw new ModelMismatchError(
        model,
        `the shape of ${what}`,
        shapes.map((shape) => dimsText([null, ...shape])).join(' or '),
        dimsText(tensor.dims),
      );
  });
}
