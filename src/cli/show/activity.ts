/** What runs now: objects with the number of bytes that have arrived, execs of routines, hooks, the step of a drill. */
import type { Event } from '../../events/events.js';

export interface ActivityRow {
  readonly name: string;
  /** `mysqldump | zstd | gpg`; empty for an exec of a routine. */
  readonly stages: string;
  /** Undefined for an exec of a routine, whose output is not stored. */
  readonly bytes: number | undefined;
  /** Bytes per second over the last seconds. */
  readonly rate: number;
  readonly elapsedMs: number;
}

export interface Activity {
  apply(event: Event, now: number): void;
  /** The rows in the order in which they started. */
  rows(now: number): readonly ActivityRow[];
}

interface Sample {
  readonly time: number;
  readonly bytes: number;
}

interface Entry {
  readonly name: string;
  readonly stages: string;
  readonly started: number;
  readonly stores: boolean;
  /** Oldest first, at least one. */
  samples: readonly Sample[];
}

/** Long enough for a steady rate, short enough to show that an object stalls. */
const RATE_WINDOW_MS = 3000;

export function createActivity(): Activity {
  const entries = new Map<string, Entry>();

  function start(key: string, entry: Omit<Entry, 'samples'>): void {
    entries.set(key, { ...entry, samples: [{ time: entry.started, bytes: 0 }] });
  }

  return {
    apply(event, now) {
      if (event.type === 'object-started') {
        const stages = event.stages.join(' | ');
        start(event.object, { name: event.object, stages, started: now, stores: true });
      } else if (event.type === 'exec-started') {
        start(event.command, { name: event.command, stages: '', started: now, stores: false });
      } else if (event.type === 'hook-started') {
        const name = nameHook(event);
        start(name, { name, stages: event.command, started: now, stores: false });
      } else if (event.type === 'drill-step-started') {
        // Only one step runs at a time. A step that failed has no event for its end.
        entries.clear();
        const stores = event.step === 'restore';
        start(event.what, { name: event.what, stages: event.step, started: now, stores });
      } else if (event.type === 'object-progress') {
        addSample(entries.get(event.object), { time: now, bytes: event.bytes });
      } else {
        for (const key of endedBy(event, entries)) entries.delete(key);
      }
    },
    rows: (now) => Array.from(entries.values(), (entry) => toRow(entry, now)),
  };
}

/** The hooks of one part run one after the other. */
function nameHook({ hook, part, name }: Extract<Event, { readonly hook: unknown }>): string {
  return `${hook} of ${part} ${name}`;
}

function endedBy(event: Event, entries: ReadonlyMap<string, Entry>): Iterable<string> {
  if (event.type === 'exec-finished') return [event.command];
  if (event.type === 'hook-finished') return [nameHook(event)];
  if (event.type === 'drill-step-finished') return [event.what];
  if (
    event.type === 'object-finished' ||
    event.type === 'object-failed' ||
    event.type === 'object-damaged' ||
    event.type === 'object-cancelled'
  ) {
    return [event.object];
  }
  return event.type === 'failed' ? entries.keys() : [];
}

function addSample(entry: Entry | undefined, sample: Sample): void {
  if (entry !== undefined) entry.samples = recentSamples([...entry.samples, sample], sample.time);
}

/** The samples inside the window, and the last one before it: the rate is measured from that one. */
function recentSamples(samples: readonly Sample[], now: number): readonly Sample[] {
  const inside = samples.findIndex((sample) => sample.time > now - RATE_WINDOW_MS);
  const first = inside === -1 ? samples.length - 1 : inside - 1;
  return samples.slice(Math.max(0, first));
}

function toRow(entry: Entry, now: number): ActivityRow {
  const samples = recentSamples(entry.samples, now);
  const bytes = samples.at(-1)?.bytes ?? 0;
  const base = samples[0];
  const seconds = base === undefined ? 0 : (now - base.time) / 1000;
  return {
    name: entry.name,
    stages: entry.stages,
    bytes: entry.stores ? bytes : undefined,
    rate: base === undefined || seconds <= 0 ? 0 : Math.max(0, (bytes - base.bytes) / seconds),
    elapsedMs: now - entry.started,
  };
}
