/**
 * A text as a terminal may get it. Documents, hubs and pods may put control characters into a text, which a terminal obeys: all
 * but ends of lines and tabs are written as in JSON, so that JSON keeps its meaning.
 */
export const printable = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
