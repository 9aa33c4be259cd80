import { afterAll, onTestFailed, onTestFinished } from 'vitest';
import { folderOfTest, makeFolder, removeFolder } from '../temporary-folder.ts';

/** Where the parts of a test are made, and until when they last. */
export interface Place {
  readonly folder: string;
  /** Takes a function that ends a part. */
  readonly atEnd: (end: () => unknown) => void;
}

/** The place of parts that end with the test. */
export const placeOfTest = (): Place => ({
  folder: folderOfTest(),
  atEnd: (end) => onTestFinished(async () => void (await end())),
});

/**
 * Returns a function that gives each test of a file what `make` has made once, because it takes seconds of a core. Nobody knows
 * what a failed test leaves behind, so the next test gets a new one.
 */
export function sharedByTests<T>(make: (place: Place) => Promise<T>): () => Promise<T> {
  const ends: (() => unknown)[] = [];
  let made: Promise<T> | undefined;
  const end = async () => {
    made = undefined;
    for (const one of ends.splice(0).reverse()) await one();
  };
  const makeAnew = async () => {
    const folder = makeFolder();
    ends.push(() => removeFolder(folder));
    return make({ folder, atEnd: (one) => ends.push(one) });
  };
  afterAll(end);
  return () => {
    onTestFailed(end);
    made ??= makeAnew();
    return made;
  };
}
