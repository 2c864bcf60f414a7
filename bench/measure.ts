// What the kernel reports of a process: CPU time of all its threads, and memory.
import { readFileSync } from 'node:fs';

/** Microseconds of one tick in /proc/PID/stat; Linux has 100 a second (USER_HZ) on every machine that Node runs on. */
const TICK = 10_000;

/** Microseconds of CPU, user and system, since the processes started; ended threads included. */
export function cpuTime(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuTimeOf(pid), 0);
}

/** Microseconds of CPU that everything on the machine has used since it booted. */
export function machineTime(): number {
  const [user, nice, system, , , interrupts, softInterrupts] = readFileSync('/proc/stat', 'utf8')
    .split(/\s+/, 8)
    .slice(1)
    .map(Number) as [number, number, number, number, number, number, number];
  return (user + nice + system + interrupts + softInterrupts) * TICK;
}

/** Bytes of resident memory. */
export function residentMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentMemoryOf(pid), 0);
}

function cpuTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command in brackets may hold anything; the fields after it are counted from the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

function residentMemoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** The median; NaN for an empty list. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half]!;
  return (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The value below which this fraction (0 to 1) of the sorted numbers lies. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
