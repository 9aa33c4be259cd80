/** Writes a line to stdout, after the current time. */
export const logLine = (text: string): void => console.log(`${new Date().toISOString()} ${text}`);
