import type { DeviceOrder } from '../model/devices.ts';
import { fleetEn } from './fleet-en.ts';

/** The page's English, and by its type what every language has to say. */
export const en = {
  title: 'Tashika: live counts',
  tagline: 'Counted once, or shown as missing',
  language: 'Language',
  theme: { label: 'Appearance', system: 'System', light: 'Light', dark: 'Dark' },
  skip: 'Skip to the map',
  pages: { label: 'Pages', counts: 'Counts', fleet: 'Fleet' },
  fleet: fleetEn,

  connection: {
    connecting: 'Connecting',
    live: 'Live',
    stale: 'No news',
    lost: 'Connection lost',
    retryingIn: (time: string) => `next attempt in ${time}`,
    retrying: 'trying now',
    retryNow: 'Try now',
  },
  stale: (age: string) => `This is ${age} old. Nothing new has come from the server since.`,
  waiting: 'Waiting for the first data from the server.',
  watermarkLagging: (delay: string, minute: string) =>
    `The watermark is ${delay} behind: minutes after ${minute} are still open, and their counts may grow.`,
  watermarkAbsent: 'There is no watermark yet: no minute is final before every partition has been read.',

  otherWindows: (length: string, hop: string) =>
    `This store counts windows of ${length}, one every ${hop}. The page shows those that end on a whole minute; a minute at whose end none ends reads as one without a reading.`,
  /** What keeps readings from being counted, by the condition's type. */
  conditions: {
    StoreUnavailable: (since: string) => `The database has not answered since ${since}: nothing is counted.`,
    StoreNotOfThisPipeline: (since: string) =>
      `The database is of another hub or other windows, told since ${since}: nothing is counted until the configuration fits.`,
    HubUnavailable: (since: string) => `Event Hubs has not answered since ${since}: what arrives there waits.`,
    HubNotRead: () => 'No worker has read Event Hubs yet: nothing is counted.',
  } as Readonly<Record<string, (since: string) => string>>,
  partitionStands: (partition: string, since: string) =>
    `Partition ${partition} has stood still since ${since}: its readings wait, and later minutes do not become final.`,
  partitionsStand: (partitions: string, since: string) =>
    `Partitions ${partitions} stand still, the first since ${since}: their readings wait, and later minutes do not become final.`,

  figures: {
    label: 'Figures',
    eventsPerSecond: 'Events / s',
    readingsPerSecond: (rate: string) => `${rate} readings / s`,
    watermarkDelay: 'Watermark delay',
    watermarkAt: (time: string) => `all final up to ${time}`,
    noWatermark: 'none yet',
    late: 'Late readings',
    lateNote: 'after their minute was final',
    deadLetters: 'Dead letters',
    deadLettersNote: 'kept, not yet re-driven',
    devicesReporting: 'Devices reporting',
    duplicates: (count: string) => `${count} duplicates not counted`,
    devicesSilent: 'Devices silent',
    devicesSilentNote: 'may hold readings',
  },

  map: {
    label: 'Readings per prefecture',
    open: 'Open minute',
    final: 'Last final minute',
    upTo: (start: string, end: string) => `${start} to ${end}`,
    noFinal: 'No minute is final yet',
    loading: 'Loading the minute',
    total: 'readings in Japan',
    provisionalNote: 'Provisional: still counting',
    finalNote: 'Final: the watermark has passed it',
    keys: 'Arrow keys move across the map, Enter selects.',
    legend: 'Readings in the minute, up to',
    legendOpen: '12+ so far',
    legendRevised: '12* revised by late readings',
    legendNone: '— no reading',
    tile: (region: string, count: string, state: string) =>
      `${region} ${count} ${count === '1' ? 'reading' : 'readings'}, ${state}`,
    tileNone: (region: string, state: string) => `${region} no reading, ${state}`,
  },

  state: { provisional: 'provisional', final: 'final', revised: 'revised' },

  region: {
    lastTwoHours: 'Readings per minute, last two hours',
    loading: 'Loading the last two hours',
    failed: (message: string) => `The last two hours could not be loaded: ${message}`,
    readings: 'readings',
    lastFinal: 'Last final minute',
    lateReadings: (count: string) => `${count} late`,
    usual: (count: string) => `usual ${count}`,
    noUsual: 'not enough minutes to say what is usual',
    noSettled: 'No minute of this region is final yet.',
    gap: 'no reading',
    legendFinal: 'Final',
    legendProvisional: 'Provisional',
    legendRevised: 'Revised by late readings',
    legendGap: 'No reading',
    chart: (region: string, from: string, to: string, gaps: string, revised: string) =>
      `${region}, readings per minute from ${from} to ${to}. Minutes without a reading: ${gaps}. Revised minutes: ${revised}. The table below holds the numbers.`,
    table: 'The same as a table',
    columns: { minute: 'Minute ending', readings: 'Readings', late: 'Late', state: 'State', revision: 'Revision' },
  },

  completeness: {
    label: 'What the devices of this region took',
    complete: 'Complete',
    received: 'Received',
    missing: 'Missing',
    held: 'Held on devices',
    lost: 'Lost on devices',
    devices: 'Devices',
    failed: (message: string) => `The completeness could not be loaded: ${message}`,
  },

  values: {
    label: (minute: string) => `Sensors, minute ending ${minute}`,
    columns: {
      sensor: 'Sensor',
      median: 'Median',
      high: '95th percentile',
      least: 'Least',
      greatest: 'Greatest',
      readings: 'Readings',
    },
    accuracy: 'Median and percentile within 1%.',
    unknown: 'not known',
    none: 'No sensor measured a number in the last final minute.',
    failed: (message: string) => `The sensors' values could not be loaded: ${message}`,
  },

  verdict: {
    certain: 'Certain',
    certainNote: (devices: string) =>
      `Every device (${devices}) was heard after this minute, and all that they told of is counted: a dip is real.`,
    unsettled: 'Not settled',
    unsettledNote: 'Readings are or may be outstanding: a dip may still fill up.',
    short: 'Short',
    shortNote: 'Devices had to give up readings, which will never come: this minute may lack some of them.',
    unverifiable: 'Not verifiable',
    unverifiableNote: 'Not every device can be checked: what the others fail to deliver would not show here.',
    unknown: 'Unknown',
    unknownNote: 'No device is listed under this region now.',
    unheard: (count: string, of: string, minute: string) => `Devices not heard since ${minute}: ${count} of ${of}`,
    held: (count: string) => `Held on devices: ${count}`,
    missing: (count: string) => `Missing: ${count}`,
    lost: (count: string) => `Lost on devices: ${count}`,
    unnumbered: (count: string) => `Devices without numbers: ${count}`,
    partial: (count: string) => `Judged by the first ${count} devices`,
  },

  devices: {
    label: 'Devices',
    ofRegion: 'This region',
    ofAll: 'All regions',
    order: 'Order',
    orders: {
      completeness: 'Least complete first',
      lastSeen: 'Longest unseen first',
      imsi: 'By IMSI',
    } satisfies Record<DeviceOrder, string>,
    none: 'No device here has reported yet.',
    failed: (message: string) => `The devices could not be loaded: ${message}`,
    shown: (count: string) => `${count} shown`,
    more: 'Show more',
    columns: {
      device: 'Device',
      region: 'Region',
      lastSeen: 'Last seen',
      complete: 'Complete',
      missing: 'Missing',
      held: 'Held',
      lost: 'Lost',
      clock: 'Clock',
    },
    reporting: 'reporting',
    silent: 'silent',
    unnumbered: 'unnumbered',
    ago: (time: string) => `${time} ago`,
    clock: { synced: 'synced', relative: 'relative', uncertain: 'uncertain' } as Readonly<Record<string, string>>,
  },

  deadLetters: {
    label: 'Dead letters',
    note: 'Events that could not be counted. They are kept as they came.',
    all: 'All',
    more: 'Show more',
    stillRefused: (id: string, why: string) => `Dead letter ${id} is still refused: ${why}`,
    none: 'None. Everything that came could be counted.',
    failed: (message: string) => `The dead letters could not be loaded: ${message}`,
    columns: { received: 'Received', reason: 'Reason', device: 'Device', source: 'Source', sample: 'Content' },
    partition: (partition: string, sequence: string) => `partition ${partition}, #${sequence}`,
    redrive: 'Re-drive',
    redriveOne: (id: string) => `Re-drive dead letter ${id}`,
    redriving: 'Re-driving',
    redriven: (id: string) => `Dead letter ${id} was re-driven and counted.`,
    redriveFailed: (id: string, message: string) => `Dead letter ${id} could not be re-driven: ${message}`,
    reasons: {
      'invalid-json': 'not JSON',
      'not-an-object': 'not an object',
      'missing-payload': 'no payload',
      'unsupported-version': 'unsupported version',
      'unknown-region': 'unknown region',
      'invalid-stream': 'bad stream',
      'invalid-sequence': 'bad sequence number',
      'invalid-held': 'bad held count',
      'invalid-lost': 'bad lost ranges',
      'invalid-pack': 'bad SenML pack',
      'invalid-value': 'bad value',
      'invalid-time': 'bad time',
      'event-too-early': 'from the future',
      'event-too-old': 'too old',
      'too-many-gaps': 'too many gaps',
    } as Readonly<Record<string, string>>,
  },

  tableOf: (what: string) => `${what}, table`,
};

export type Text = typeof en;
