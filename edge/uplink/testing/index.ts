export { type BytesOnAir, type MeasuredLink, measureBytesOnAir } from './bytes-on-air.ts';
export { type FaultProxy, startTcpFaultProxy, startUdpFaultProxy } from './fault-proxy.ts';
