import { kubernetesName } from '../../cluster/names.ts';
import type { KubernetesObject } from './types.ts';

/** The label of the objects that ipa-agent makes for a pipeline, except those of KServe, the Lease and the Events. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'ipa-agent' };
export const PART_LABEL = 'ipa-edge/part';
export const STAGE_LABEL = 'ipa-edge/stage';
const PART_OF = 'app.kubernetes.io/part-of';
const INSTANCE = 'app.kubernetes.io/instance';
const COMPONENT = 'app.kubernetes.io/component';
const KSERVE = 'kserve';
/** The label of every object that ipa-agent makes for KServe. These objects lack {@link MANAGED_BY}. */
export const OF_KSERVE = { [COMPONENT]: KSERVE };

/** Stages that share pods as one text, joined by a character that names of stages do not have. */
const together = (stages: readonly string[]): string => stages.join('+');

export const objectNames = (pipeline: string) => {
  const own = kubernetesName(pipeline);
  const gateway = `${own}-gateway`;
  const watch = `${own}-watch`;
  /** A name of a stage's objects. A stage may have the name `gateway` or `watch`, and then its objects get a longer name. */
  const ofStage = (...parts: readonly string[]): string => {
    const name = kubernetesName(pipeline, ...parts);
    return name === gateway || name === watch ? kubernetesName(pipeline, ...parts, '') : name;
  };
  return {
    plan: `${own}-plan`,
    token: `${own}-token`,
    gateway,
    watch,
    monitor: own,
    /** Name of the ConfigMap with the profile that was measured for an InferencePipeline. */
    profile: `${own}-profile`,
    stage: (stage: string) => ofStage(stage),
    /** Name of the deployment whose pods hold these stages. */
    pods: (stages: readonly string[]) => ofStage(together(stages)),
    /** Name of the Service by which the gateways find a stage in the pods that hold these stages. */
    service: (stages: readonly string[], stage: string) =>
      stages.length === 1 ? ofStage(stage) : ofStage(together(stages), stage),
  };
};

/** Labels that select the objects of a pipeline that have {@link MANAGED_BY}. */
export const ownLabels = (pipeline: string): Record<string, string> => ({
  ...MANAGED_BY,
  [PART_OF]: kubernetesName(pipeline),
});

/** Further labels that Kubernetes recommends. @param component what the object does for the pipeline, e.g. `gateway` */
export const describingLabels = (pipeline: string, component: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'ipa-edge',
  [INSTANCE]: kubernetesName(pipeline),
  [COMPONENT]: component,
});

/**
 * The labels of an object of KServe: without those by which `ipa-agent apply --prune` and `ipa-agent uninstall` find the objects
 * to remove, because these commands must not remove the objects of KServe.
 */
export const kserveLabels = (pipeline: string): Record<string, string> => describingLabels(pipeline, KSERVE);

/**
 * The pipeline that an object's label names, if that is not the given pipeline. Two pipelines may need objects of the same names,
 * such as `a` for its stage `b-c`, and `a-b` for its stage `c`.
 */
export function otherPipelineOf({ metadata }: KubernetesObject, pipeline: string): string | undefined {
  const instance = metadata.labels?.[INSTANCE];
  return instance === kubernetesName(pipeline) ? undefined : instance;
}

/** The labels of an object of a pipeline. @param component as in {@link describingLabels} */
export const objectLabels = (pipeline: string, component: string): Record<string, string> => ({
  ...ownLabels(pipeline),
  ...describingLabels(pipeline, component),
});

/** The parts of a pipeline whose pods serve its plan. */
export const SERVING_PARTS = ['gateway', 'stage'];

/** Labels of one part of a pipeline, such as all its stages, or all its gateways. */
export const partLabels = (pipeline: string, part: string) => ({
  [PART_OF]: kubernetesName(pipeline),
  [PART_LABEL]: part,
});

/** Labels that select the objects of all stages. */
export const stageSelector = (pipeline: string): Record<string, string> => partLabels(pipeline, 'stage');

export const stageLabels = (pipeline: string, stage: string) => ({
  ...stageSelector(pipeline),
  [STAGE_LABEL]: kubernetesName(stage),
});

/** Labels of the pods that hold exactly these stages. */
export const podLabels = (pipeline: string, stages: readonly string[]) =>
  stages.length === 1
    ? stageLabels(pipeline, stages[0]!)
    : { ...stageSelector(pipeline), 'ipa-edge/stages': kubernetesName(together(stages)) };
