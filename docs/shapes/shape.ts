// What the shapes are made of, and what holds each to the TypeScript type that a command prints.
import * as z from 'zod';

type Flat<T> = { [Key in keyof T]: T[Key] };

/** What `JSON.stringify` makes of a type: what is undefined is not there, and nothing is read-only. */
export type Json<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : Flat<
        { -readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: Json<T[Key]> } & {
          -readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Json<Exclude<T[Key], undefined>>;
        }
      >;

/** Both ways: a field, an option or a value of a list that only one of the two has makes them differ. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** `of<Printed>()(shape)` is the shape. It does not compile unless the shape says all of what JSON has of `Printed`, and no more. */
export function of<Printed>() {
  return <Shape extends z.ZodType>(
    shape: Shape & (Same<Json<Printed>, Json<z.infer<Shape>>> extends true ? unknown : { readonly differs: never }),
  ): Shape => shape;
}

/** An object with these fields and no others. */
export const object = z.strictObject;
export const { array, boolean, literal, record, string, union, enum: choice } = z;

/** A whole number, 0 or more. */
export const count = (describe: string) => z.int().min(0).describe(describe);
/** A whole number, which may be negative. */
export const whole = (describe: string) => z.int().describe(describe);
/** Time, 0 or more; the unit is in its name or in `describe`. */
export const time = (describe: string) => z.number().min(0).describe(describe);
/** Any number. */
export const number = (describe: string) => z.number().describe(describe);
export const text = (describe: string) => z.string().describe(describe);
export const flag = (describe: string) => z.boolean().describe(describe);
export const texts = (describe: string) => z.array(z.string()).describe(describe);
/** A moment in ISO 8601, such as `2026-11-27T09:30:00.000Z`. */
export const moment = (describe: string) => z.string().meta({ format: 'date-time', description: describe });

/** The keys of a record: values of a closed list, which a later version may make longer. */
export function keysOf<Key extends string>(all: Readonly<Record<Key, unknown>>) {
  return z.enum(Object.keys(all) as [Key, ...Key[]]);
}
