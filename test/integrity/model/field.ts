import type { Timestamp } from '@tashika/shared/time';
import { type Message, POISON, SimulatedDevice } from './device.ts';
import type { MemoryHub } from './hub.ts';
import type { FieldStep } from './schedule.ts';
import { eventText, offset, range } from './story.ts';

const REGIONS = ['13', '27', '47'];

/** The devices and their way to the hub. */
export class Field {
  readonly #hub: MemoryHub;
  readonly #tell: (sentence: string) => void;
  /** Funnel does not name the first one's SIM. */
  readonly #devices = REGIONS.map((region, number) => new SimulatedDevice(number, region, number > 0));

  constructor(hub: MemoryHub, tell: (sentence: string) => void) {
    this.#hub = hub;
    this.#tell = tell;
  }

  perform(step: FieldStep, now: Timestamp): void {
    switch (step.does) {
      case 'post': {
        const [device, name] = this.#device(step.device);
        const times = step.times.map((time) => now + time);
        const taken = step.times.map(offset).join(', ') || 'nothing';
        const told = `${name} takes ${taken} and posts it with ${step.held} held`;
        this.#send(step.way, device.post(times, step.held, now), now, told);
        return;
      }
      case 'post-again': {
        const [device, name] = this.#device(step.device);
        if (device.taken === 0) return;
        const first = (step.first % device.taken) + 1;
        const message = device.postAgain(first, first + step.count - 1, 0, now);
        if (message) this.#send(step.way, message, now, `${name} posts again, packed anew`);
        return;
      }
      case 'give-up': {
        const [device, name] = this.#device(step.device);
        this.#tell(`${name} takes ${range(...device.giveUp(step.count))} and gives them up`);
        return;
      }
      case 'believe-lost': {
        const [device, name] = this.#device(step.device);
        if (device.taken === 0) return;
        const first = (step.first % device.taken) + 1;
        const last = Math.min(first + step.count - 1, device.taken);
        device.believeLost(first, last);
        this.#tell(`${name} believes ${range(first, last)} lost`);
        return;
      }
      case 'renew-spool': {
        const [device, name] = this.#device(step.device);
        device.renew();
        this.#tell(`${name} begins a new spool`);
        return;
      }
      case 'talk': {
        const [device, name] = this.#device(step.device);
        this.#send(step.partition, device.talk(now + step.at), now, `${name} sends, handled ${offset(step.at)}`);
        return;
      }
      case 'double': {
        const { all } = this.#hub;
        const original = all[step.event % all.length];
        if (original) this.#send(step.partition, original, now, `${eventText(original)} is doubled`);
        return;
      }
      case 'poison':
        this.#send(step.partition, POISON[step.kind % POISON.length]!, now, 'somebody sends');
        return;
      case 'unstorable': {
        const [device, name] = this.#device(step.device);
        this.#send(step.partition, device.unstorable(now), now, `${name} sends what the database refuses`);
        return;
      }
      case 'forget': {
        const begin = this.#hub.forget(step.partition, step.count);
        this.#tell(`the hub lets go of what is before ${step.partition}/${begin}`);
      }
    }
  }

  #device(number: number): [SimulatedDevice, string] {
    const device = this.#devices[number % this.#devices.length]!;
    return [device, `device ${device.region}`];
  }

  #send(
    way: string,
    { body, meaning }: Pick<Message, 'meaning'> & { body: string | Uint8Array },
    now: Timestamp,
    told: string,
  ): void {
    if (way === 'lost') this.#tell(`${told}: lost behind a 204`);
    else this.#tell(`${told}: ${eventText(this.#hub.take(way, body, meaning, now))}`);
  }
}
