/** The names of a variant's files in repositories of the hub. */

/** The name of a session's model, without the ending for its data type. @param roles of all of the variant's sessions */
export function modelName(role: string, roles: readonly string[]): string {
  const names: Readonly<Record<string, string>> = {
    encoder: 'encoder_model',
    decoder: roles.includes('decoder-with-past') ? 'decoder_model' : 'decoder_model_merged',
    'decoder-with-past': 'decoder_with_past_model',
  };
  return names[role] ?? role;
}

/** The role of a part of a variant by the name of its model's file; null for a model that stands alone, whatever its name. */
export function roleNamed(file: string): string | null {
  if (/^encoder_model(?![a-z])/i.test(file)) return 'encoder';
  if (/^decoder_with_past_model(?![a-z])/i.test(file)) return 'decoder-with-past';
  return /^decoder_model(_merged)?(?![a-z])/i.test(file) ? 'decoder' : null;
}

/** The name of the file of an asset: its role, with another hyphen. */
export const assetName = (role: string): string => `${role.replaceAll('-', '_')}.json`;

/** Roles of assets that variants of any task need. */
const ASSETS = ['tokenizer', 'tokenizer-config', 'config', 'generation-config', 'preprocessor-config'];

export const isAssetName = (file: string): boolean => ASSETS.map(assetName).includes(file);
