/**
 * Node's `node:http`, taken without an `import`: that would evaluate every name of the module, and one of them is
 * `WebSocket`, whose evaluation loads undici, HTTP/2, zlib and web streams: 9 MB of memory for nothing.
 */
export const { Agent, createServer, request } = process.getBuiltinModule('node:http');
