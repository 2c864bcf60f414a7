// Memory that small answers of all connections are written into, one behind the other: making a Buffer costs more than filling it.

const SIZE = 64 * 1024;

/** Never written to twice: what was handed to a socket may be on its way still. */
export class Arena {
  memory = Buffer.allocUnsafeSlow(SIZE);
  private used = 0;

  /** Where in `memory` so many octets are free; `memory` may be another one afterwards. At most 64 KiB. */
  reserve(octets: number): number {
    if (this.used + octets > SIZE) {
      this.memory = Buffer.allocUnsafeSlow(SIZE);
      this.used = 0;
    }
    const at = this.used;
    this.used += octets;
    return at;
  }
}
