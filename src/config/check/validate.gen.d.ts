/** The validator that schema/generate.mjs makes from palhm.schema.json. */
import type { Config } from './types.gen.js';

export interface SchemaError {
  /** A JSON pointer to the value that is wrong. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema: SchemaShape;
  /** Set while the name of a key is validated rather than its value. */
  readonly propertyName?: string;
}

/** What is read of the schema an error is about. */
export interface SchemaShape {
  readonly title?: string;
  /** With the tags that the union takes, which the generator has added. */
  readonly discriminator?: { readonly choices: readonly string[] };
  readonly properties?: Readonly<Record<string, unknown>>;
}

export const validate: ((config: unknown) => config is Config) & {
  /** What the last call found. */
  errors?: readonly SchemaError[] | null;
};
