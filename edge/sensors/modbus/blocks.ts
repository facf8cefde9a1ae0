import { isBit, type Register, width } from './settings.ts';

/** Registers that one request reads. */
export interface Block {
  readonly unitId: number;
  readonly function: Register['function'];
  readonly address: number;
  /** How many registers, or bits, are asked for. */
  readonly count: number;
  readonly registers: readonly Register[];
}

// Modbus Application Protocol 1.1b3, sections 6.1 to 6.4.
const MOST_REGISTERS = 125;
const MOST_BITS = 2_000;

/** The fewest requests that read all registers, where at most `maxGap` addresses between two of them are read in vain. */
export function blocksOf(registers: readonly Register[], maxGap: number): Block[] {
  const blocks: Block[] = [];
  for (const register of registers.toSorted(inOrder)) {
    const last = blocks.at(-1);
    const merged = last && joined(last, register, maxGap);
    if (merged) blocks[blocks.length - 1] = merged;
    else blocks.push(alone(register));
  }
  return blocks;
}

export function alone(register: Register): Block {
  const { unitId, function: table, address } = register;
  return { unitId, function: table, address, count: width(register), registers: [register] };
}

function inOrder(a: Register, b: Register): number {
  return a.unitId - b.unitId || a.function.localeCompare(b.function) || a.address - b.address;
}

function joined(block: Block, register: Register, maxGap: number): Block | undefined {
  if (block.unitId !== register.unitId || block.function !== register.function) return undefined;
  const end = block.address + block.count;
  if (register.address > end + maxGap) return undefined;
  const count = Math.max(end, register.address + width(register)) - block.address;
  if (count > (isBit(block) ? MOST_BITS : MOST_REGISTERS)) return undefined;
  return { ...block, count, registers: [...block.registers, register] };
}
