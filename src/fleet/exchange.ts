// Images of the upstream in the store: published by the instance that reads, taken by the others. Sealed, in pieces, and never an older one.
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { UpstreamImage } from '../directory/reader.js';
import type { Steps } from '../runtime/cooperative.js';
import { type Head, headOctets, headOf, MOST_HEAD } from './head.js';
import { GarbledImage, IMAGE_FORMAT, type ImageLimits, imageOctets, imageOf, PIECE } from './image-octets.js';
import type { FleetNames } from './names.js';
import { Seal } from './seal.js';
import { type Store, StoreError, script } from './store.js';

/** Milliseconds for one piece, and for the head. */
const PIECE_TIME = 5000;
const HEAD_TIME = 1000;
/** The most pieces of one image: together far larger than any directory. */
const MOST_PIECES = 4096;
/** Bytes of a sealed piece at most: Brotli adds a little to what it cannot compress, and the seal its nonce and tag. */
const MOST_SEALED = PIECE + 4096;
/** Fast, and half as large again as the best. */
const QUALITY = 3;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

const PUT = script(`redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1`);
/**
 * The last step, and the only one that others see. `fence`: somebody has taken the lease since, or the store has lost it. `pieces`: one of them
 * is gone. The numbers beside a sealed head are for people who look: the script does not trust them, because anybody who can write there could
 * set them and keep a fleet from publishing. The holder of the lease has seen the head, and goes on above its number.
 */
const PUBLISH = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'fence' end
for i = 3, #KEYS do
  if redis.call('PEXPIRE', KEYS[i], ARGV[4]) == 0 then return 'pieces' end
end
redis.call('HSET', KEYS[2], 'fence', ARGV[1], 'generation', ARGV[2], 'sealed', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 'done'`);
/** Pieces that a newer image has taken the place of, and milliseconds for which they are there still. */
const RETIRE = script(`for i = 1, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end return 1`);
const RETIRED = 60_000;

export type Published = 'done' | 'fence' | 'pieces';

export interface ExchangeOptions {
  readonly store: Store;
  readonly names: FleetNames;
  /** The id of what is read. */
  readonly reading: string;
  /** How others call this instance. */
  readonly instance: string;
  readonly limits: ImageLimits & {
    /** Of one image, before it is compressed. */
    readonly octets: number;
  };
  /** Milliseconds that an image is kept in the store without being confirmed. */
  readonly keep: number;
  /** Runs work a millisecond at a time. */
  readonly run: <Result>(steps: Steps<Result>) => Promise<Result>;
}

/** A read, and what is known of it. */
export interface Reading {
  readonly image: UpstreamImage;
  /** Of what the image says. */
  readonly digest: string;
  /** When it began, by the store's clock. */
  readonly readAt: number;
  /** Milliseconds. */
  readonly took: number;
}

/** Publishes and fetches sealed images of the upstream. Refuses older generations and anything that does not open with the key. */
export class Exchange {
  private readonly seal: Seal;
  private readonly heads: Seal;
  /** The newest that was seen, and its number: an older one is a replay. */
  private latest: Head | undefined;
  private generation = 0;
  /** The contents that somebody could not take. */
  private broken = -1;

  constructor(private readonly options: ExchangeOptions) {
    const { names } = options;
    this.seal = new Seal(names.derive('images'), 'piece');
    this.heads = new Seal(names.derive('images'), 'head');
  }

  /** The head if it is one of this fleet's, of this format and for this configuration, and not older than one that was seen; else undefined. */
  open(sealed: Buffer | undefined): Head | undefined {
    const octets = sealed && this.heads.open(sealed, this.bound('head'));
    const head = octets && headOf(octets);
    if (head === undefined || head.generation < this.generation || head.pieces > MOST_PIECES) return undefined;
    this.generation = head.generation;
    this.latest = head;
    return head;
  }

  get newest(): Head | undefined {
    return this.latest;
  }

  /** The pieces of these contents must be published again. */
  renew(contents: number): void {
    this.broken = contents;
  }

  /** The image of a head. Rejects with StoreError, or with GarbledImage if it is not what was published. */
  async take(head: Head, isUnwanted: (attribute: string) => boolean): Promise<UpstreamImage> {
    const { store, limits, run } = this.options;
    if (head.octets > limits.octets) throw new GarbledImage(`${head.octets} bytes, more than directory.limits.octets`);
    const pieces: Buffer[] = [];
    let octets = 0;
    // One after the other: other commands of ours must not wait behind all of them.
    for (let index = 0; index < head.pieces; index++) {
      const sealed = await store.get(this.pieceKey(head.contents, index), MOST_SEALED, PIECE_TIME);
      if (sealed === undefined) throw new GarbledImage(`piece ${index + 1} of ${head.pieces} is gone`);
      const compressed = this.seal.open(sealed, this.bound('piece', head.fence, head.contents, index, head.pieces));
      if (compressed === undefined) throw new GarbledImage(`piece ${index + 1} of ${head.pieces} was changed`);
      const piece = await decompress(compressed, { maxOutputLength: PIECE }).catch((error: Error) => {
        throw new GarbledImage(error.message);
      });
      octets += piece.length;
      if (octets > head.octets) throw new GarbledImage('more bytes than its head says');
      pieces.push(piece);
    }
    const image = await run(imageOf(pieces, limits, isUnwanted));
    return { ...image, digest: head.digest };
  }

  /**
   * Publishes what was read under a fencing number, if that is still the highest: the pieces only where it says something else than what is
   * published already. Rejects with StoreError.
   */
  async publish(reading: Reading, fence: number): Promise<Published> {
    const { latest } = this;
    if (latest?.digest === reading.digest && latest.contents !== this.broken) {
      const confirmed = await this.head(reading, latest, fence);
      if (confirmed !== 'pieces') return confirmed;
    }
    const generation = Math.max(this.generation + 1, reading.readAt);
    const pieces = await this.options.run(imageOctets(reading.image));
    if (pieces.length > MOST_PIECES) throw new StoreError('refused', 'the image is too large to be shared');
    let octets = 0;
    for (const [index, piece] of pieces.entries()) {
      const compressed = await compress(piece, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
      const sealed = this.seal.seal(compressed, this.bound('piece', fence, generation, index, pieces.length));
      await this.options.store.run(PUT, [this.pieceKey(generation, index)], [sealed, this.options.keep], PIECE_TIME);
      octets += piece.length;
    }
    const published = await this.head(reading, { contents: generation, fence, pieces: pieces.length, octets }, fence);
    if (published === 'done' && latest !== undefined) await this.retire(latest);
    return published;
  }

  /** Instances still have time to fetch them. Without this they expire too, only later. */
  private async retire({ contents, pieces }: Head): Promise<void> {
    const keys: string[] = [];
    for (let index = 0; index < pieces; index++) keys.push(this.pieceKey(contents, index));
    await this.options.store.run(RETIRE, keys, [RETIRED], HEAD_TIME);
  }

  private async head(
    { image, digest, readAt, took }: Reading,
    { contents, fence: sealedUnder, pieces, octets }: Pick<Head, 'contents' | 'fence' | 'pieces' | 'octets'>,
    fence: number,
  ): Promise<Published> {
    const { store, names, reading, instance, keep } = this.options;
    const { missing, searchLimit } = image;
    // Above every one that was seen here, and above those that nobody here has seen: none is ahead of the store's clock.
    const generation = Math.max(this.generation + 1, readAt);
    const head: Head = {
      ...{ generation, contents, fence: sealedUnder, pieces, octets, digest, readAt, took, instance },
      ...(missing === undefined ? {} : { missing }),
      ...(searchLimit === undefined ? {} : { searchLimit }),
    };
    const sealed = this.heads.seal(headOctets(head), this.bound('head')).toString('base64');
    if (sealed.length > MOST_HEAD)
      throw new StoreError('refused', 'the names of missing groups are too long to be shared');
    const keys = [names.of('fence', reading), names.of('head', reading)];
    for (let index = 0; index < pieces; index++) keys.push(this.pieceKey(contents, index));
    const answer = await store.run(PUBLISH, keys, [fence, generation, sealed, keep], HEAD_TIME);
    if (answer !== 'done' && answer !== 'fence' && answer !== 'pieces')
      throw new StoreError('garbled', 'an unexpected answer to a published head');
    if (answer === 'done') {
      this.generation = generation;
      this.latest = head;
    }
    return answer;
  }

  private pieceKey(contents: number, index: number): string {
    const { names, reading } = this.options;
    return names.of('piece', `${reading}.${contents}.${index}`);
  }

  /** What a seal holds for: nothing of another fleet, format or configuration opens. */
  private bound(kind: string, ...more: readonly number[]): (string | number)[] {
    const { names, reading } = this.options;
    return [kind, names.prefix, IMAGE_FORMAT, reading, ...more];
  }
}
