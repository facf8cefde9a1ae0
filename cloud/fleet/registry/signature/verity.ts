import { createHash, type Hash } from 'node:crypto';
import { refused } from './refusal.ts';

/** Of content and of the tree, as RAUC makes it: dm-verity version 1, SHA-256, no superblock. */
const BLOCK_BYTES = 4096;
const HASHES_A_BLOCK = BLOCK_BYTES / 32;

/** What the manifest of a bundle of the format verity says of its payload. */
export interface VerityManifest {
  readonly rootHash: string;
  readonly salt: string;
  /** Length of the tree, which is the end of the payload. */
  readonly treeBytes: number;
}

/**
 * Holds a payload to the root of its hash tree as it passes by: content first, then the tree, its top level first. Each
 * level needs one block of memory. Devices look at a block when they read it; here every one is looked at.
 */
export class VerityCheck {
  readonly #manifest: VerityManifest;
  readonly #contentBytes: number;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  readonly #salted: Hash;
  readonly #levels: Level[] = [];
  readonly #stored: Hash[] = [];
  #seen = 0;

  /** @throws TashikaError BUNDLE_REFUSED where such a payload can't have such a tree */
  constructor(manifest: VerityManifest, payloadBytes: number) {
    this.#manifest = manifest;
    this.#contentBytes = payloadBytes - manifest.treeBytes;
    this.#salted = createHash('sha256').update(Buffer.from(manifest.salt, 'hex'));
    if (this.#contentBytes <= 0 || this.#contentBytes % BLOCK_BYTES !== 0)
      throw refused('its hash tree is longer than its payload, or its payload has no whole blocks');
    for (let blocks = this.#contentBytes / BLOCK_BYTES; blocks > 1; ) {
      blocks = Math.ceil(blocks / HASHES_A_BLOCK);
      this.#levels.push({ blocks, filled: 0, block: Buffer.alloc(BLOCK_BYTES), made: createHash('sha256') });
      this.#stored.push(createHash('sha256'));
    }
    const treeBlocks = this.#levels.reduce((sum, { blocks }) => sum + blocks, 0);
    if (treeBlocks * BLOCK_BYTES !== manifest.treeBytes)
      throw refused(`its hash tree has ${manifest.treeBytes} bytes and should have ${treeBlocks * BLOCK_BYTES}`);
  }

  /** Takes the next bytes of the payload. */
  update(part: Buffer): void {
    for (let at = 0; at < part.length; ) {
      const place = this.#seen % BLOCK_BYTES;
      const taken = Math.min(BLOCK_BYTES - place, part.length - at);
      part.copy(this.#block, place, at, at + taken);
      at += taken;
      this.#seen += taken;
      if (this.#seen % BLOCK_BYTES !== 0) continue;
      if (this.#seen <= this.#contentBytes) this.#add(0, this.#block);
      else this.#storedLevel((this.#seen - this.#contentBytes) / BLOCK_BYTES).update(this.#block);
    }
  }

  /** @throws TashikaError BUNDLE_REFUSED where content or tree are not what the root speaks of */
  finish(): void {
    let root = this.#root;
    for (const [index, level] of this.#levels.entries()) {
      if (level.filled > 0) root = this.#close(index);
      if (!level.made.digest().equals(this.#stored[index]!.digest()))
        throw refused('a byte of its payload or of its hash tree was changed');
    }
    if (root?.toString('hex') !== this.#manifest.rootHash)
      throw refused('its payload is not the one that was signed: a byte of it was changed');
  }

  #root: Buffer | undefined;

  /** Puts the hash of a block into the level above; a full block of that goes on by itself. */
  #add(index: number, block: Buffer): void {
    const hash = this.#salted.copy().update(block).digest();
    this.#root = hash;
    const level = this.#levels[index];
    if (!level) return;
    hash.copy(level.block, level.filled * 32);
    level.filled += 1;
    if (level.filled === HASHES_A_BLOCK) this.#close(index);
  }

  /** A level's last block is filled up with zeros. Answers the hash that came last, which in the end is the root. */
  #close(index: number): Buffer {
    const level = this.#levels[index]!;
    level.block.fill(0, level.filled * 32);
    level.filled = 0;
    level.made.update(level.block);
    this.#add(index + 1, level.block);
    return this.#root!;
  }

  /** The level that the `number`-th block of the tree, from 1, is of. */
  #storedLevel(number: number): Hash {
    let index = this.#levels.length - 1;
    for (let left = number; index > 0 && left > this.#levels[index]!.blocks; index--)
      left -= this.#levels[index]!.blocks;
    return this.#stored[index]!;
  }
}

interface Level {
  readonly blocks: number;
  readonly block: Buffer;
  filled: number;
  /** Over all of its blocks, as they are made from the content. */
  readonly made: Hash;
}
