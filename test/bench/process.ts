import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** User and system time of a process so far (proc(5), /proc/pid/stat fields 14 and 15, 100 ticks a second). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** VmRSS of a process (proc(5)). */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

/** The most memory that a process has had resident so far (proc(5), VmHWM). */
export function peakResidentBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024;
}

/** Processes that ran or waited for a core, on average over the last minute. */
export function load(): number {
  return loadavg()[0]!;
}
