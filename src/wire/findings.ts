/** `palhm config check --connect --json`: what was tried on each sink, with the result. */
export type FindingsJson = Readonly<ReturnType<typeof encodeFindings>>;

/** What was tried on the sink of one task. */
interface ProbedSink {
  readonly task: string;
  /** Where the sink is, for people. */
  readonly sink: string;
  readonly findings: readonly {
    readonly name: string;
    readonly state: 'ok' | 'missing' | 'note';
    readonly right: string | undefined;
    readonly detail: string;
    readonly hint: string | undefined;
  }[];
}

export function encodeFindings(probed: readonly ProbedSink[]) {
  const all = probed.flatMap(({ findings }) => findings);
  return {
    ok: all.every(({ state }) => state !== 'missing'),
    tasks: probed.map(({ task, sink, findings }) => ({
      task,
      sink,
      checks: findings.map(({ name, state, right, detail, hint }) => {
        return { name, state, right: right ?? null, detail, hint: hint ?? null };
      }),
    })),
  };
}
