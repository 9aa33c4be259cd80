/** The fields of a manifest that objects are made from. */
export interface PipelineFacts {
  readonly name: string;
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

/** An object of the Kubernetes API, as it is applied. */
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
