import { computed, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { identify } from '../../workers/store/exchange.ts';
import { attempt, opened } from './app.ts';
import { goTo } from './go-to.ts';
import { openMeasured } from './pipelines/pipelines.ts';
import { tried } from './try/trying.ts';

/** The example: a profile and a run of another device, which ship with the page. It is shown, but never saved. */

const FILE = 'example.json';

const example = signal<IdentifiedProfile | null>(null);

/** What the sections showed before the example. */
let before = { opened: opened.peek(), tried: tried.peek() };

/** Whether the sections show the example. */
export const showsExample = computed(() => example.value !== null && opened.value === example.value);

/** The example's file cannot be read. */
export class ExampleMissingError extends Error {
  override name = 'ExampleMissingError';
  constructor(options: ErrorOptions) {
    super('The example could not be loaded. Connect to the network, and try again.', options);
  }
}

/** Shows the example in all sections. */
export async function openExample(): Promise<void> {
  await attempt(async () => {
    // The code of archives is loaded when it is first used.
    const { importArchive } = await import('./files/archive.ts');
    const { profiles, run } = importArchive(await read(), 'the example');
    if (!showsExample.value) before = { opened: opened.value, tried: tried.value };
    example.value = await identify(profiles[0]!);
    await openMeasured(example.value);
    tried.value = run;
    goTo('results');
  });
}

/** @throws ExampleMissingError */
async function read(): Promise<string> {
  try {
    const answer = await fetch(FILE);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.text();
  } catch (cause) {
    throw new ExampleMissingError({ cause });
  }
}

/** Shows again what the sections showed before the example. */
export function closeExample(): void {
  tried.value = before.tried;
  opened.value = before.opened;
  example.value = null;
}
