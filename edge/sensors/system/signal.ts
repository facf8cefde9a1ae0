/** What a modem says of its link: decibels, in the words of 3GPP. Left out: what it does not know. */
export interface Signal {
  /** Power received over the whole band, in dBm. */
  readonly rssi?: number;
  /** Power of LTE's or 5G's reference signal, in dBm. */
  readonly rsrp?: number;
  /** Its quality, in dB. */
  readonly rsrq?: number;
  /** Signal over noise, in dB. */
  readonly snr?: number;
  /** Power of UMTS' pilot channel, in dBm. */
  readonly rscp?: number;
  /** Its quality, in dB. */
  readonly ecio?: number;
  /** Of the best that the modem knows, in per cent. */
  readonly quality?: number;
}

/** What came of asking a modem. */
export interface ModemAnswer {
  /** Left out: there is no modem, or no answer. */
  readonly signal?: Signal;
  /** Why something is not known that should be; a sentence for a person. */
  readonly problem?: string;
}

const UNITS: Readonly<Record<keyof Signal, string>> = {
  rssi: 'dBm',
  rsrp: 'dBm',
  rsrq: 'dB',
  snr: 'dB',
  rscp: 'dBm',
  ecio: 'dB',
  quality: '/100',
};

/** Each value of a signal with its unit and the name of its reading. */
export function signalMeasurements(signal: Signal) {
  return Object.entries(signal).map(([name, value]) => ({
    sensor: name === 'quality' ? 'system/signal-quality' : `system/${name}`,
    unit: UNITS[name as keyof Signal],
    value: value as number,
  }));
}
