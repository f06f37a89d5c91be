/** The options that every command takes. */
export interface GlobalOptions {
  readonly file?: string;
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly logFormat: 'text' | 'json';
  readonly progress: 'auto' | 'always' | 'never';
}
