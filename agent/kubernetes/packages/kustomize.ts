import type { KubernetesObject } from '../objects/types.ts';
import { type Files, yaml, yamlFiles } from './files.ts';

/**
 * A base for kustomize: an overlay can choose another namespace and, unless `watch` manages the pods of stages, another image or
 * number of replicas.
 */
export function kustomizeBase(objects: readonly KubernetesObject[]): Files {
  const files = yamlFiles(objects);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...files.keys()],
  };
  return new Map([['kustomization.yaml', yaml(kustomization)], ...files]);
}
