// What a turn may still cost.

/** A budget that is spent while work is done. */
export class Work {
  constructor(
    /** Units. */
    public left: number,
  ) {}
}
