import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What figures depend on; nothing that names a host or a user. */
export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  platform: string;
  node: string;
}

export const machine = (): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() || 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
});

/** Runnable processes on average over the last minute; above the number of cores something waits. */
export const load = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10;

/** What a process has used since its start. */
export interface Usage {
  cpuSeconds: number;
  maxRssMiB: number;
}

/** Clock ticks per second in /proc: 100 on every Linux that Node supports. */
const TICKS = 100;

/** Usage of another process from /proc; `undefined` on systems without it. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const peakKiB = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // The process name, in parentheses, may hold spaces: fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [user, system] = [Number(fields[11]), Number(fields[12])];
    return { cpuSeconds: (user + system) / TICKS, maxRssMiB: Math.round(Number(peakKiB) / 1024) };
  } catch {
    return undefined;
  }
}
