/**
 * Keeps Plans while the files that they come from are unchanged. The caller owns the cache; a program that loads a config
 * once needs none.
 */
import { resolve } from 'node:path';
import type { Plan } from './plan/plan.js';
import { type Footprint, isReliable, isUnchanged } from './read/footprint.js';
import type { ConfigSource } from './read/source.js';

/** Holds one Plan for each path, and for each name and directory of a text. */
export interface PlanCache {
  readonly slots: Map<string, Slot>;
  /** Epoch milliseconds, from the same clock as the times of files. */
  readonly clock: () => number;
}

/** What is known of one source. */
interface Slot {
  /** Of a source that is a text: another text of the same name gets a new slot. */
  readonly text: string | undefined;
  running: Promise<Plan> | undefined;
  kept: LoadedPlan | undefined;
}

export interface LoadedPlan {
  readonly plan: Plan;
  readonly footprint: Footprint;
}

export function createPlanCache(clock: () => number = Date.now): PlanCache {
  return { slots: new Map(), clock };
}

/**
 * The Plan of a source that `load` gives, or the same Plan as before while nothing has changed. Calls at the same time
 * share one load and its outcome. What `load` throws is not kept.
 */
export function loadThrough(
  cache: PlanCache,
  source: ConfigSource,
  load: () => Promise<LoadedPlan>,
): Promise<Plan> {
  const { key, text } = keyOf(source);
  const slot = slotOf(cache, key, text);
  slot.running ??= refresh(slot, cache.clock, load).finally(() => {
    slot.running = undefined;
    if (slot.kept === undefined && cache.slots.get(key) === slot) cache.slots.delete(key);
  });
  return slot.running;
}

async function refresh(
  slot: Slot,
  clock: () => number,
  load: () => Promise<LoadedPlan>,
): Promise<Plan> {
  if (slot.kept !== undefined && (await isUnchanged(slot.kept.footprint))) return slot.kept.plan;
  slot.kept = undefined;
  // Before the load: what changes while it runs is then too young to be relied on.
  const now = clock();
  const loaded = await load();
  if (isReliable(loaded.footprint, now)) slot.kept = loaded;
  return loaded.plan;
}

function slotOf({ slots }: PlanCache, key: string, text: string | undefined): Slot {
  const known = slots.get(key);
  if (known !== undefined && known.text === text) return known;
  const slot: Slot = { text, running: undefined, kept: undefined };
  slots.set(key, slot);
  return slot;
}

/** Absolute paths: the working directory may change between two loads. */
function keyOf(source: ConfigSource): { key: string; text: string | undefined } {
  if (source.type === 'file') return { key: resolve(source.path), text: undefined };
  const { name, directory, text } = source;
  // A path has no NUL, so that no text has the key of a file.
  return { key: `${resolve(directory)}\0${name}`, text };
}
