/** What the validators say that schema/generate.mjs makes with ajv. */

export interface SchemaError {
  /** A JSON pointer to the value that is wrong. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema: SchemaShape;
  /** The value that is wrong. */
  readonly data: unknown;
  /** Set while the name of a key is validated rather than its value. */
  readonly propertyName?: string;
}

/** What is read of the schema an error is about. */
export interface SchemaShape {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** With the tags that the union takes, which the generator has added. */
  readonly discriminator?: { readonly choices: readonly string[] };
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface Validator {
  (value: unknown): boolean;
  /** What the last call found. */
  readonly errors?: readonly SchemaError[] | null;
}
