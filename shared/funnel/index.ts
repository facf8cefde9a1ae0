export { type DecodedEvent, decodeEvent, type Envelope, encodeEnvelope, type SourceProtocol } from './envelope.ts';
