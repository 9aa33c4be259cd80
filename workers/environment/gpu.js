import { existsSync, readdirSync } from 'node:fs';
import { platform } from 'node:os';

/** Whether this machine has a GPU for computing. Only Linux is checked; other systems are assumed to have one. */
export function hasGpu() {
  if (platform() !== 'linux') return true;
  if (existsSync('/dev/nvidia0')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((file) => file.startsWith('renderD'));
}
