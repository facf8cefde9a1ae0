export { type Imported, type ImportOptions, importAccount } from './import.ts';
export { writeImported } from './write.ts';
