/** A number field's value, or `otherwise` when it is empty. */
export function numberOr<Otherwise>(value: string | number, otherwise: Otherwise): number | Otherwise {
  return value === "" ? otherwise : Number(value);
}
