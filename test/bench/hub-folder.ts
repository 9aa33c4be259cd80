import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { LocalHub } from '../hub.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { ipaEdge, ipaEdgeHere } from './command.ts';

/** A hub and an empty folder for each test of a file, and the commands that go from a hub's model to a profile. */
export class HubFolder {
  hub!: LocalHub;
  folder!: string;

  constructor() {
    beforeEach(async () => {
      this.hub = await LocalHub.start();
      this.folder = folderOfTest();
    });
    afterEach(() => this.hub.close());
  }

  get manifestPath(): string {
    return join(this.folder, 'own/manifest.json');
  }

  get profilePath(): string {
    return join(this.folder, 'profile.json');
  }

  manifest = () => JSON.parse(readFileSync(this.manifestPath, 'utf8'));

  run = (args: string[], meanwhile?: Parameters<typeof ipaEdge>[1]) =>
    ipaEdge(args, meanwhile, this.hub.env(join(this.folder, 'cache')));

  /** Runs a command in this process. */
  runHere = (...args: string[]) => ipaEdgeHere(args, this.hub.env(join(this.folder, 'cache')));

  pin = (id: string, ...more: string[]) => this.runHere('pin', id, '--out', this.manifestPath, ...more);

  /** Packs labelled data for the pinned manifest. */
  async pack(...data: string[]): Promise<void> {
    const packed = await this.runHere('pack', '--manifest', this.manifestPath, ...data);
    expect(packed.code, packed.stderr).toBe(0);
  }

  async measure(batches: string): Promise<Profile> {
    const measured = await this.run([
      ...['profile', '--manifest', this.manifestPath, '--backend', 'cpu', '--threads', '1'],
      ...['--batches', batches, '--budget', '1s', '--out', this.profilePath],
    ]);
    expect(measured.code, measured.stderr).toBe(0);
    return parseProfile(JSON.parse(readFileSync(this.profilePath, 'utf8')), this.profilePath);
  }
}
