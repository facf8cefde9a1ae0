/**
 * The closed list of what can go wrong. Each code has a paragraph in `shared/errors/README.md`: what
 * happened, what to do. A test holds the two together.
 */
export const ERROR_CODES = [
  'CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'USAGE',
  'INTERRUPTED',
  'TOOL_MISSING',
  'PORT_BUSY',
  'ADDRESS_REFUSED',
  'DATA_DIRECTORY_UNREADABLE',
  'DATA_DIRECTORY_UNWRITABLE',
  'DATA_DIRECTORY_IN_USE',
  'DISK_FULL',
  'DISK_READ_ONLY',
  'PROGRAM_ENDED',
  'SEGMENT_CORRUPT',
  'SPOOL_CLOSED',
  'SPOOL_FULL',
  'SPOOL_NEWER',
  'SENSOR_UNAVAILABLE',
  'GPIO_CHIP_NOT_FOUND',
  'UPLINK_REFUSED',
  'UPLINK_UNREACHABLE',
  'RECEIPT_UNAVAILABLE',
  'READINGS_UNARRIVED',
  'UPDATE_SERVER_UNREACHABLE',
  'UPDATE_SERVER_REFUSED',
  'UPDATE_REFUSED',
  'REGION_UNKNOWN',
  'METADATA_UNREACHABLE',
  'USER_DATA_REFUSED',
  'STORE_UNAVAILABLE',
  'STORE_SCHEMA_NEWER',
  'STORE_OF_ANOTHER_HUB',
  'STORE_OF_OTHER_WINDOWS',
  'HUB_REPLACED',
  'RECORDING_UNREADABLE',
  'RECORDING_INVALID',
  'OWNERSHIP_LOST',
  'EVENT_HUBS_UNAUTHORIZED',
  'EVENT_HUBS_UNREACHABLE',
  'VAULT_UNREACHABLE',
  'VAULT_SEALED',
  'VAULT_DENIED',
  'VAULT_SECRET_MISSING',
  'VAULT_REFUSED',
  'VAULT_CHANGED_MEANWHILE',
  'VAULT_SECRET_ID_OPENED',
  'SEALED_UNREADABLE',
  'SEALING_OFF',
  'VAULT_OF_ANOTHER_SITE',
  'VAULT_DIFFERS',
  'VAULT_AUDIT_OFF',
  'SORACOM_UNREACHABLE',
  'SORACOM_DENIED',
  'SORACOM_BUSY',
  'SORACOM_REFUSED',
  'SORACOM_WRONG_ACCOUNT',
  'SORACOM_AMBIGUOUS',
  'SORACOM_SIM_UNKNOWN',
  'SORACOM_GROUP_TOO_LARGE',
  'SORACOM_PLAN_UNREADABLE',
  'SORACOM_PLAN_STALE',
  'SORACOM_PLAN_UNAPPROVED',
  'SORACOM_HALF_APPLIED',
  'SORACOM_UNSETTLED',
  'AZURE_UNREACHABLE',
  'AZURE_DENIED',
  'AZURE_NOT_FOUND',
  'AZURE_REFUSED',
  'ROTATION_REFUSED',
  'ROTATION_KEY_UNKNOWN',
  'ROTATION_HELD',
  'ROTATION_UNPROVED',
  'TERRAFORM_FAILED',
  'IMAGE_BUILD_FAILED',
  'IMAGE_UNSAFE',
  'API_UNREACHABLE',
  'API_REFUSED',
  'IMAGE_UNREADABLE',
  'ROLLOUT_PLAN_REFUSED',
  'ROLLOUT_EXISTS',
  'ROLLOUT_ORDER_REFUSED',
  'NOT_FOUND',
  'BAD_REQUEST',
  'SIGNATURE_REFUSED',
  'BEAM_NOT_CONFIGURED',
  'BUNDLE_DIFFERS',
  'BUNDLE_REFUSED',
  'BUNDLE_MISSING',
  'BUNDLES_UNAVAILABLE',
  'KEYRING_UNREADABLE',
  'BUNDLE_TAKEN',
  'IMAGE_DIFFERS',
  'IMAGE_REVOKED',
  'PROMOTION_REFUSED',
  'UPDATER_REFUSED',
  'CONTROLLER_TAKEN',
  'ACTION_CLOSED',
  'DAILY_BYTES_SPENT',
  'METHOD_NOT_ALLOWED',
  'NOT_ACCEPTABLE',
  'MEDIA_TYPE_UNSUPPORTED',
  'BODY_TOO_LARGE',
  'HOST_REFUSED',
  'ORIGIN_REFUSED',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_CLIENTS',
  'POLICY_INVALID',
  'POLICY_LOOSENED',
  'POLICY_INPUT_INVALID',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What says that the store is not one of this pipeline: the hub is fine, and only a person can put it right. */
const STORE_MISMATCHES = ['STORE_OF_ANOTHER_HUB', 'STORE_OF_OTHER_WINDOWS', 'HUB_REPLACED'] as const;

/** True for a code that says that store, hub and configuration do not belong together. */
export function isStoreMismatch(code: string): code is (typeof STORE_MISMATCHES)[number] {
  return STORE_MISMATCHES.some((each) => each === code);
}

/** An error that a person can act on: a code from the closed list, a sentence, and the cause. */
export class TashikaError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TashikaError';
    this.code = code;
  }
}

/** True for an error of ours, of `code` where one is given. */
export function isTashikaError(error: unknown, code?: ErrorCode): error is TashikaError {
  return error instanceof TashikaError && (code === undefined || error.code === code);
}

/** The sentence of anything thrown, for a log line or a wrapping error. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
