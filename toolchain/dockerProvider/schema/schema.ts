/**
 * The types of a schema, which describes the inputs of a resource. One schema is used to check inputs, to derive their
 * TypeScript types, to compare state and inputs, and to order the members of a set for Docker.
 */

interface Traits {
  /** The input must be given. */
  readonly required?: true;
  /** A change replaces the resource. Without this trait, the resource is changed in place. */
  readonly replaces?: true;
  /** Docker decides the value if the input is absent. The value that Docker reports is then not a difference. */
  readonly computed?: true;
  /** Returns what is expected if a value of the right type is not valid. */
  readonly problem?: (value: never) => string | undefined;
}

export interface StringProperty extends Traits {
  readonly kind: "string";
  readonly default?: string;
  /** The value may be a secret and is never shown in a message. */
  readonly hidden?: true;
  readonly problem?: (value: string) => string | undefined;
  /** An absent or empty input keeps the value that Docker reports, as for `user` and `workingDir`. */
  readonly emptyIsUnset?: true;
}

export interface IntegerProperty extends Traits {
  readonly kind: "integer";
  readonly default?: number;
  readonly problem?: (value: number) => string | undefined;
}

export interface BooleanProperty extends Traits {
  readonly kind: "boolean";
  readonly default?: boolean;
  readonly problem?: (value: boolean) => string | undefined;
}

/** An object whose values are strings. */
export interface MapProperty extends Traits {
  readonly kind: "map";
}

/** A list whose order counts. */
export interface ListProperty extends Traits {
  readonly kind: "list";
  readonly of: Property;
  /** Docker reports the members in its own order. The same members in another order are then not a difference. */
  readonly dockerOrder?: true;
}

/** A list in which neither order nor repetition counts. */
export interface SetProperty extends Traits {
  readonly kind: "set";
  readonly of: Property;
  /** Returns a problem of members that are each valid on their own. */
  readonly membersProblem?: (members: readonly never[]) => string | undefined;
}

export interface ObjectProperty extends Traits {
  readonly kind: "object";
  readonly fields: Fields;
}

export type Property =
  | StringProperty
  | IntegerProperty
  | BooleanProperty
  | MapProperty
  | ListProperty
  | SetProperty
  | ObjectProperty;

export type Fields = Readonly<Record<string, Property>>;

export interface Schema {
  /** The type token, such as `docker:index/container:Container`. */
  readonly token: string;
  /** The schema version of the state in the official plugin; absent for version 0. */
  readonly version?: string;
  readonly inputs: Fields;
  /** Names of properties that Docker only reports. They are not inputs. */
  readonly outputs: readonly string[];
  /** Inputs of @pulumi/docker that this plugin does not implement. The value says what to do instead. */
  readonly refused: Readonly<Record<string, string>>;
  /** An absent `name` is generated from the resource's name in the program. */
  readonly named: boolean;
  /** Every replacement deletes the old resource first, even if its name was generated. */
  readonly deleteBeforeReplace: boolean;
}

/** The TypeScript type of a property's value. */
export type ValueOf<P extends Property> = P extends { kind: "string" }
  ? string
  : P extends { kind: "integer" }
    ? number
    : P extends { kind: "boolean" }
      ? boolean
      : P extends { kind: "map" }
        ? Readonly<Record<string, string>>
        : P extends { kind: "list" | "set"; of: infer Element extends Property }
          ? readonly ValueOf<Element>[]
          : P extends { kind: "object"; fields: infer F extends Fields }
            ? ValuesOf<F>
            : never;

/** Fields that always have a value after the check of the inputs. */
type Present<F extends Fields> = {
  [K in keyof F]: F[K] extends { required: true } ? K : F[K] extends { default: unknown } ? K : never;
}[keyof F];

/** The TypeScript type of checked inputs. */
export type ValuesOf<F extends Fields> = { readonly [K in Present<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, Present<F>>]?: ValueOf<F[K]>;
};
