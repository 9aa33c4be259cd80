/** What exports need of a manifest; they read no files. */
export interface PipelineFacts {
  readonly stages: readonly {
    readonly name: string;
    readonly input: { readonly channels: number; readonly height: number; readonly width: number };
    readonly variants: readonly {
      readonly name: string;
      readonly file: string;
      readonly sizeBytes: number;
    }[];
  }[];
}

/** An object of a Kubernetes API, as it is applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Where and how pods run, as far as the plan does not say. */
export interface ClusterSettings {
  readonly namespace: string;
  /** Built by `agent/Containerfile`, or from one that is. */
  readonly image: string;
  /** Path of the manifest in a pod. */
  readonly manifest: string;
  /** The volume claim that the manifest and its files come from; null: the image has them. */
  readonly modelsClaim: string | null;
  /** Labels of the nodes that were profiled. */
  readonly nodeSelector: Readonly<Record<string, string>>;
}
