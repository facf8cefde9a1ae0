export { bySourceAddress, type HttpConnections } from './http-connections.ts';
export { proxyHeader, readProxyHeader, withSourceAddress } from './proxy-protocol.ts';
export { isLoopback, type Sim, simIdOf, simOf } from './sim.ts';
export { canBind } from './source-address.ts';
