/** The body of every refusal. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
}

/**
 * Why the API does not do what it was asked. `AUM0001` and `AGW0005` are SORACOM's own codes; the others that the real
 * service has are not published, so those that begin with `LOC` are the stand-in's: a client goes by the status.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.body = { code, message };
  }
}

export const badRequest = (message: string) => new Refusal(400, 'LOC0400', message);
export const notFound = (what: string) => new Refusal(404, 'LOC0404', `${what} does not exist.`);
export const noToken = () => new Refusal(401, 'AUM0001', 'Token is required in the request header');
export const tokenRefused = () => new Refusal(401, 'LOC0401', 'The API key and token are not valid, or have expired.');
export const authKeyRefused = () => new Refusal(401, 'LOC0402', 'Authentication failed.');
export const bodyTooLarge = (bytes: number) => new Refusal(413, 'LOC0413', `A body is at most ${bytes} bytes long.`);
export const tooManyRequests = () => new Refusal(429, 'LOC0429', 'Too many requests. Try again later.');
export const internalError = () => new Refusal(500, 'AGW0005', 'Internal error');
