import type { KubernetesApi } from './api.ts';

/** A pipeline in a namespace of a cluster. */
export interface Place {
  readonly api: KubernetesApi;
  readonly pipeline: string;
  readonly namespace: string;
}
