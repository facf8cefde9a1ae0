export { type BrokerOptions, createBroker } from './broker.ts';
