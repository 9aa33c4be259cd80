import { z } from 'zod';

/** The metadata of a server and of its models, as the Open Inference Protocol defines them. */

export const serverMetadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});
export type ServerMetadata = z.output<typeof serverMetadataSchema>;

const tensorMetadata = z.object({
  name: z.string(),
  datatype: z.string(),
  /** −1 stands for any length. */
  shape: z.array(z.int()),
});
export type TensorMetadata = z.output<typeof tensorMetadata>;

export const modelMetadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()).optional(),
  platform: z.string(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
  properties: z.record(z.string(), z.string()).optional(),
});
export type ModelMetadata = z.output<typeof modelMetadataSchema>;
