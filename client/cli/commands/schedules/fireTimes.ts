import { DateTime } from 'luxon';

/** One start, by the schedule's own clock and in UTC (both ISO 8601). */
export interface FireTime {
  local: string;
  timeZone: string;
  utc: string;
}

/** `zone` undefined: that of this computer. */
export function fireTime(at: number, zone: string | undefined): FireTime {
  const time = DateTime.fromMillis(at);
  const local = zone === undefined ? time : time.setZone(zone);
  return {
    local: local.toISO({ suppressMilliseconds: true }) ?? '',
    timeZone: local.zoneName ?? 'UTC',
    utc: time.toUTC().toISO({ suppressMilliseconds: true }) ?? '',
  };
}

/** `Sun 2027-03-28 03:30 Europe/Berlin = 2027-03-28 01:30 UTC` */
export function fireTimeText({ local, timeZone, utc }: FireTime): string {
  const here = DateTime.fromISO(local, { zone: timeZone, locale: 'en' });
  const there = DateTime.fromISO(utc, { zone: 'utc' });
  return `${here.toFormat(`ccc yyyy-MM-dd ${clock(here)}`)} ${timeZone} = ${there.toFormat(`yyyy-MM-dd ${clock(there)}`)} UTC`;
}

/** Seconds only where there are some (jitter). */
function clock(time: DateTime): string {
  return time.second === 0 ? 'HH:mm' : 'HH:mm:ss';
}
