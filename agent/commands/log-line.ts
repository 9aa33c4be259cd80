/** Writes a line to stdout, with the time in front. */
export const logLine = (text: string): void => console.log(`${new Date().toISOString()} ${text}`);
