/** What Beam's stand-in passes on of the requests for some paths. */
export interface Forwarded {
  readonly path: RegExp;
  readonly methods: readonly string[];
  /** Longest body of a request; 0 for none. */
  readonly mostBodyBytes: number;
}

const RECEIPTS: Forwarded = { path: /^\/v1\//, methods: ['GET', 'HEAD'], mostBodyBytes: 0 };
/** hawkBit's DDI: `/{tenant}/controller/v1/{controllerId}`. */
const UPDATERS: Forwarded = {
  path: /^\/[A-Za-z0-9_-]{1,64}\/controller\/v1\/./,
  methods: ['GET', 'HEAD', 'PUT', 'POST'],
  mostBodyBytes: 64 * 1024,
};

/** How a path is forwarded; undefined where it is not. */
export function forwardedOf(path: string | undefined): Forwarded | undefined {
  return path === undefined ? undefined : [RECEIPTS, UPDATERS].find((each) => each.path.test(path));
}
