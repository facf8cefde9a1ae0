export { type AskOptions, Client, type Heard } from './client.ts';
