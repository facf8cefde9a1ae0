import { type Envelope, encodeEnvelope } from '@tashika/shared/funnel';
import type { Timestamp } from '@tashika/shared/time';

/** An event as Funnel writes it for the SIM `imsi`, with any payload. */
export function envelopeOf(
  imsi: string,
  payloads: unknown,
  timestamp: Timestamp,
  more: Pick<Partial<Envelope>, 'imei'> = {},
): string {
  return encodeEnvelope({
    operatorId: 'OP0012345678',
    timestamp,
    destination: {
      provider: 'azure',
      service: 'eventhubs',
      resourceUrl: 'https://ns.servicebus.windows.net/telemetry/messages',
      payloadsOnly: false,
    },
    credentialsId: 'azure-eh',
    payloads,
    sourceProtocol: 'http',
    imsi,
    ...more,
  });
}
