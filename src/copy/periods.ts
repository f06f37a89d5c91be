/** The day, week, month and year of an instant. In UTC, because local periods change with summer time and with the host. */
import { assertNever } from '../failure/failure.js';

export type Period = 'day' | 'week' | 'month' | 'year';

const DAY_MILLIS = 86_400_000;

/** The same name for all instants of a period: `2026-11-20`, `2026-W47`, `2026-11`, `2026`. */
export function namePeriod(micros: number, period: Period): string {
  const millis = Math.floor(micros / 1000);
  const day = new Date(millis).toISOString().slice(0, 10);
  switch (period) {
    case 'day':
      return day;
    case 'week':
      return nameWeek(millis);
    case 'month':
      return day.slice(0, 7);
    case 'year':
      return day.slice(0, 4);
    default:
      return assertNever(period);
  }
}

/** ISO 8601: weeks begin on Monday and belong to the year of their Thursday. */
function nameWeek(millis: number): string {
  const daysSinceMonday = (new Date(millis).getUTCDay() + 6) % 7;
  const thursday = new Date(millis + (3 - daysSinceMonday) * DAY_MILLIS);
  const year = thursday.toISOString().slice(0, 4);
  const dayOfYear = Math.floor((thursday.getTime() - Date.parse(`${year}-01-01`)) / DAY_MILLIS);
  return `${year}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`;
}
