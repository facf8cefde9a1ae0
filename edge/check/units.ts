import type { CheckLine, SensorsConfiguration } from '../sensors/index.ts';

/** SenML's registered units: RFC 8428, section 12.1, and RFC 8798, tables 1 to 3. */
const REGISTERED = new Set(
  `m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2 cd/m2
   bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m
   B VA VAs var vars J/m kg/m3 deg
   ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3 mm/h m/h ppm /100
   /1000 hPa mm cm km km/h`.split(/\s+/),
);

/** What people write, and what SenML calls it. */
const MEANT: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  degC: 'Cel',
  celsius: 'Cel',
  percent: '/100',
  sec: 's',
  mbar: 'hPa',
  kph: 'km/h',
  bytes: 'B',
  lux: 'lx',
};

export function isRegistered(unit: string): boolean {
  return REGISTERED.has(unit);
}

/** Units that nobody else's software will know. They are sent all the same. */
export function checkUnits({ serial, modbus, mqtt }: SensorsConfiguration): readonly CheckLine[] {
  const units = [
    ...serial.flatMap(({ fields, frame }) => [...fields, ...(frame?.layout ?? [])]),
    ...modbus.flatMap(({ registers }) => registers),
    ...mqtt.flatMap(({ topics }) => topics),
  ]
    .map(({ unit }) => unit)
    .filter((unit) => unit !== undefined);
  return [...new Set(units)]
    .filter((unit) => !isRegistered(unit))
    .map((unit) => {
      const meant = MEANT[unit];
      const advice = meant === undefined ? 'Choose one of RFC 8428 or RFC 8798' : `Did you mean ${meant}`;
      return {
        subject: 'units',
        verdict: 'warn',
        detail: `${unit} is no unit of SenML's registry. ${advice}${meant ? '?' : '.'}`,
      };
    });
}
