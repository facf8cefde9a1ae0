import type { Migration } from './migration.ts';

export const sketches: Migration = {
  id: 3,
  name: 'sketches',
  sql: `
-- The distribution of the values (windows/sketch-bytes.ts). NULL where some of them were counted before there were
-- sketches: the percentiles of such a row are not known.
ALTER TABLE window_value ADD COLUMN sketch bytea;

-- What sensors measured, per region and window, for Power BI, Grafana and whoever asks in SQL. A sum of NULL is beyond
-- what a double holds. Percentiles are the API's: reading a sketch takes its library.
CREATE VIEW window_values AS
  SELECT v.window_end, v.region, v.sensor, v.unit, v.count,
         nullif(nullif(v.sum, 'Infinity'), '-Infinity') AS sum,
         nullif(nullif(v.sum, 'Infinity'), '-Infinity') / v.count AS mean,
         v.min, v.max, c.state, c.revision
    FROM window_value v JOIN window_counts c USING (window_end, region);
`,
};
