import { ensurePackageBuilt } from '../bench/setup/built.ts';
import { ensureTestPageBuilt } from './web/test-page.ts';

/** Page, library and commands are built once, before tests that run side by side would each build them. */
export default async function build(): Promise<void> {
  await ensurePackageBuilt();
  await ensureTestPageBuilt();
}
