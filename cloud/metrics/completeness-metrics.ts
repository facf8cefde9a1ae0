import { Gauge, type Registry } from 'prom-client';
import type { RegionCompleteness } from '../ledger/index.ts';

/** How complete the readings of all devices are, as the ledger has it. */
export function registerCompletenessMetrics(registry: Registry, completeness: () => Promise<RegionCompleteness>): void {
  function byRegion(name: string, help: string, figure: 'completeness' | 'missing'): void {
    new Gauge({
      name,
      help,
      labelNames: ['region'],
      registers: [registry],
      async collect() {
        const found = await completeness().catch(() => undefined);
        this.reset();
        for (const each of found?.regions ?? []) this.set({ region: each.region }, each[figure]);
      },
    });
  }

  function ofAll(name: string, help: string, figure: 'lost' | 'held'): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const found = await completeness().catch(() => undefined);
        this.reset();
        this.set(found ? found.total[figure] : Number.NaN); // not known while the store does not answer
      },
    });
  }

  byRegion(
    'tashika_completeness',
    "Received ÷ (received + missing + held + lost) of the readings of a region's devices.",
    'completeness',
  );
  byRegion('tashika_missing_readings', 'Readings that are known of and neither came nor are told lost.', 'missing');
  ofAll('tashika_lost_readings', 'Readings that devices say they had to give up.', 'lost');
  ofAll('tashika_held_readings', "Readings in the devices' spools, by their latest posts.", 'held');
}
