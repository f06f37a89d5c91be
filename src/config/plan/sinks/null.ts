/** The null backend, which has no parameters. */
export interface NullPlan {
  readonly type: 'null';
}

/** Whatever its parameters say is not looked at, so that a task can be switched to it and back. */
export function nullPlan(): NullPlan {
  return { type: 'null' };
}
