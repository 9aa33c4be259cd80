import { ensurePackageBuilt } from '../bench/setup/built.ts';
import { ensureTestPageBuilt } from './web/test-page.ts';

/** Builds page, library and commands before the tests start, because tests that run side by side would each build them. */
export default async function build(): Promise<void> {
  await ensurePackageBuilt();
  await ensureTestPageBuilt();
}
