/** Writes the current time and a text to stdout, as one line. */
export const logLine = (text: string): void => console.log(`${new Date().toISOString()} ${text}`);
