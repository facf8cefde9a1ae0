/** What `tashika-edge spool` can do. */
export const SPOOL_ACTIONS = ['stats', 'verify', 'export'] as const;
export type SpoolAction = (typeof SPOOL_ACTIONS)[number];
