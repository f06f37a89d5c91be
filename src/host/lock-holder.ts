/** Who holds a root, as the lock file says. The file may be empty, cut short or foreign: it is for people only. */

export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly task: string;
  /** ISO 8601. */
  readonly since: string;
}

/** `process 4711 on db1, task "backup", since 2026-05-01T06:59:17.000Z`, or that it is not known. Never throws. */
export function describeHolder(text: string): string {
  const holder = parseHolder(text);
  if (holder === undefined) return 'its lock file does not say by whom';
  const { pid, host, task, since } = holder;
  return `process ${pid} on ${host}, task ${JSON.stringify(task)}, since ${since}`;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, task, since } = value as Partial<Record<keyof Holder, unknown>>;
  return (
    typeof pid === 'number' &&
    typeof host === 'string' &&
    typeof task === 'string' &&
    typeof since === 'string'
  );
}
