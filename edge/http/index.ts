export { beginningOf } from './answer-body.ts';
export { connecting, type HttpAnswer, HttpClient, type HttpClientOptions, type HttpRequest } from './client.ts';
export { deadline } from './deadline.ts';
export { createServer } from './node-http.ts';
