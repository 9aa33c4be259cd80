/** The version of package.json, for the commands, and for the images and charts that the agent names. */
export const VERSION = '0.1.0';
