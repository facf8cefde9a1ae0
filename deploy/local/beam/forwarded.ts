/** What Beam's stand-in passes on of the requests for some paths. */
export interface Forwarded {
  readonly path: RegExp;
  readonly methods: readonly string[];
  /** Longest body of a request; 0 for none. */
  readonly mostBodyBytes: number;
  /** Whether answers may be of any length, and go on to the device as they come. */
  readonly streamed: boolean;
}

const RECEIPTS: Forwarded = { path: /^\/v1\//, methods: ['GET', 'HEAD'], mostBodyBytes: 0, streamed: false };
/** hawkBit's DDI: `/{tenant}/controller/v1/{controllerId}`. */
const UPDATERS: Forwarded = {
  path: /^\/[A-Za-z0-9_-]{1,64}\/controller\/v1\/./,
  methods: ['GET', 'HEAD', 'PUT', 'POST'],
  mostBodyBytes: 64 * 1024,
  streamed: true, // bundles are among them
};

/** How a path is forwarded; undefined where it is not. */
export function forwardedOf(path: string | undefined): Forwarded | undefined {
  return path === undefined ? undefined : [RECEIPTS, UPDATERS].find((each) => each.path.test(path));
}
