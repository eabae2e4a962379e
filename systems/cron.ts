import { CronExpressionParser } from 'cron-parser';

/** Times by the clock on the wall: all allowed values of each field, sorted. A moment matches when every field does. */
export interface Calendar {
  minute: readonly number[];
  hour: readonly number[];
  dayOfMonth: readonly number[];
  /** 1 is January. */
  month: readonly number[];
  /** 0 is Sunday. */
  dayOfWeek: readonly number[];
}

const FIELDS = 'minute, hour, day of month, month, day of week';

/**
 * A cron line of five fields as a calendar, or why it is none. What implementations understand differently is refused: seconds and
 * years, `L`, `W`, `#`, `?`, `H`, macros such as `@daily`, and a day of the month together with a day of the week (Vixie
 * cron runs on either day, Temporal only when both match). Pure.
 */
export function parseCron(text: string): Calendar | { problem: string } {
  const fields = text.trim().split(/\s+/);
  if (text.trim().startsWith('@')) return { problem: `write the five fields (${FIELDS}) instead of "${clip(text)}"` };
  if (fields.length !== 5)
    return { problem: `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}; must have five: ${FIELDS}` };
  const special = fields.find((field) => /[?#~]|(^|[\d,/-])[LWH]($|[\d,/(-])|\d[LW]/i.test(field));
  if (special !== undefined)
    return { problem: `"${clip(special)}" is not understood everywhere; use only *, numbers, names, "," "-" and "/"` };
  try {
    const { fields: parsed } = CronExpressionParser.parse(fields.join(' '));
    const calendar = {
      minute: numbers(parsed.minute.values),
      hour: numbers(parsed.hour.values),
      dayOfMonth: numbers(parsed.dayOfMonth.values),
      month: numbers(parsed.month.values),
      dayOfWeek: numbers(parsed.dayOfWeek.values.map((day) => Number(day) % 7)),
    };
    if (calendar.dayOfMonth.length < 31 && calendar.dayOfWeek.length < 7) {
      const problem =
        'names days of the month and days of the week; some read that as either, some as both. Use two schedules for either, `calendar` for both';
      return { problem };
    }
    return calendar;
  } catch (error) {
    return { problem: `is not a cron line (${error instanceof Error ? error.message : String(error)})` };
  }
}

function numbers(values: readonly (number | string)[]): number[] {
  return [...new Set(values.map(Number))].toSorted((a, b) => a - b);
}

function clip(text: string): string {
  return text.slice(0, 80);
}
