export { costlyAnswer } from './costly-answer.ts';
export { type Fault, faultOf } from './faults.ts';
export { type Migration, migrations } from './migrations/index.ts';
export { openStore } from './open.ts';
export type { DatabaseLogin, Logger, Parameter, Queryable, Store, Unsubscribe } from './store.ts';
