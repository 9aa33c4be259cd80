import { cpus } from 'node:os';

/** The CPU that a benchmark ran on, e.g. `2 × Intel Xeon`. */
export const machineText = (): string => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`;
