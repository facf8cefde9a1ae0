// Counts a recording by minute and region in DuckDB. Arguments: the package's entry file, the recording.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [entry, recording] = process.argv.slice(2);
const { DuckDBInstance } = (await import(pathToFileURL(entry).href)).default;
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const reader = await connection.runAndReadAll(`
  SELECT (ceil(body.timestamp / 60000) * 60000)::BIGINT::VARCHAR AS minute, body.payloads.pref AS region, count(*)::INTEGER AS events
    FROM read_json('${recording.replaceAll("'", "''")}', format = 'newline_delimited',
                   columns = {body: 'STRUCT("timestamp" BIGINT, payloads STRUCT(pref VARCHAR))'})
   GROUP BY ALL`);
writeSync(1, JSON.stringify(reader.getRows()));
