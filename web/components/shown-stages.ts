import type { SizeUnit } from '../../solver/documents/profile.ts';

/** The facts about a stage that charts and tables of cells show. */
export interface ShownStage {
  readonly name: string;
  readonly variants: readonly string[];
  /** Unit of the cells' item sizes; unknown while a profile runs and in older profiles. */
  readonly sizeUnit?: SizeUnit | undefined;
}

/** The stages of a profile or a manifest, as charts and tables of cells show them. */
export const shownStages = (
  stages: readonly (Omit<ShownStage, 'variants'> & {
    readonly variants: readonly { readonly name: string }[];
  })[],
): ShownStage[] =>
  stages.map(({ name, variants, sizeUnit }) => ({
    name,
    variants: variants.map((variant) => variant.name),
    sizeUnit,
  }));
