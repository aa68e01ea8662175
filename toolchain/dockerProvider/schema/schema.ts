/**
 * How the inputs of a resource are described. One description serves the checking of inputs, their TypeScript types,
 * the comparison of what is with what is wanted, and the order in which Docker is given the members of a set.
 */

interface Traits {
  /** The input must be given. */
  readonly required?: true;
  /** A change replaces the resource; without this the resource is changed in place. */
  readonly replaces?: true;
  /** Docker decides when the input is absent, so what was read back stays and is no difference. */
  readonly computed?: true;
  /** Says what is wrong with a value of the right type. */
  readonly problem?: (value: never) => string | undefined;
}

export interface StringProperty extends Traits {
  readonly kind: "string";
  readonly default?: string;
  /** The value may be a secret, so no message shows it. */
  readonly hidden?: true;
  readonly problem?: (value: string) => string | undefined;
  /** An absent or empty input leaves what Docker reports, as for `user` and `workingDir`. */
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

/** Strings by key. */
export interface MapProperty extends Traits {
  readonly kind: "map";
}

/** Order counts. */
export interface ListProperty extends Traits {
  readonly kind: "list";
  readonly of: Property;
  /** Docker reports the members in an order of its own, so the same members in another order are no difference. */
  readonly orderIsDockers?: true;
}

/** Neither order nor repetition counts. */
export interface SetProperty extends Traits {
  readonly kind: "set";
  readonly of: Property;
  /** Says what is wrong with members whose own properties are each right. */
  readonly whole?: (members: readonly never[]) => string | undefined;
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
  /** The type token, `docker:index/container:Container`. */
  readonly token: string;
  /** The shape of the state, as the official plugin numbers it; absent for its number 0. */
  readonly version?: string;
  readonly inputs: Fields;
  /** What is only reported, never given. */
  readonly outputs: readonly string[];
  /** Inputs of @pulumi/docker that this plugin does not implement, each with what to do instead. */
  readonly refused: Readonly<Record<string, string>>;
  /** An absent `name` is made up from the resource's own name. */
  readonly named: boolean;
  /** Every replacement removes the old one first, also one with a made-up name. */
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

/** Fields that always have a value once the inputs are checked. */
type Present<F extends Fields> = {
  [K in keyof F]: F[K] extends { required: true } ? K : F[K] extends { default: unknown } ? K : never;
}[keyof F];

/** The TypeScript type of checked inputs. */
export type ValuesOf<F extends Fields> = { readonly [K in Present<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, Present<F>>]?: ValueOf<F[K]>;
};
