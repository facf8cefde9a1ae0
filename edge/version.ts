/** The version of the agent; a test holds it and the package's together. */
export const VERSION = '0.1.0';
