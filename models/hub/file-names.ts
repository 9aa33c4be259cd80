/** The names of a variant's files in repositories of the hub. */

/** The name of a session's model, without the suffix for its data type. @param roles the roles of all sessions of the variant */
export function modelName(role: string, roles: readonly string[]): string {
  const names: Readonly<Record<string, string>> = {
    encoder: 'encoder_model',
    decoder: roles.includes('decoder-with-past') ? 'decoder_model' : 'decoder_model_merged',
    'decoder-with-past': 'decoder_with_past_model',
  };
  return names[role] ?? role;
}

/** The role of a session, by the name of its model file; null for any other name, e.g. that of a variant's only model. */
export function roleNamed(file: string): string | null {
  if (/^encoder_model(?![a-z])/i.test(file)) return 'encoder';
  if (/^decoder_with_past_model(?![a-z])/i.test(file)) return 'decoder-with-past';
  return /^decoder_model(_merged)?(?![a-z])/i.test(file) ? 'decoder' : null;
}

/** Matches the name or path of a model's file. */
export const ONNX_FILE = /\.onnx$/i;

/** Matches the name of a weight file: the model's name with the ending `_data` or `.data`, and a number if there are several. */
const WEIGHTS = /^(.*\.onnx)[._]data(_\d+)?$/i;

/** The name or path of the model whose weights a file has; undefined for a file that has no weights. */
export const modelOfWeights = (file: string): string | undefined => WEIGHTS.exec(file)?.[1];

/** The name of an asset's file: the asset's role with underscores for hyphens. */
export const assetName = (role: string): string => `${role.replaceAll('-', '_')}.json`;

/** All roles that an asset may have, over the variants of all tasks. */
const ASSETS = ['tokenizer', 'tokenizer-config', 'config', 'generation-config', 'preprocessor-config'];

export const isAssetName = (file: string): boolean => ASSETS.map(assetName).includes(file);

/**
 * The name of the model in a folder of the hub's download cache, `models--<owner>--<name>/snapshots/<commit>/`; undefined for any
 * other folder.
 */
export const cachedName = (folder: string): string | undefined =>
  /(?:^|\/)models--(?:[^/]+--)?([^/]+)\/snapshots\/[^/]+\/?$/.exec(folder)?.[1];
