/** The null backend, which has no parameters. */
export interface NullPlan {
  readonly type: 'null';
}
