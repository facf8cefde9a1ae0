export { type Proof, readProof, writeProof } from './proof.ts';
export { type ProofFacts, startProving } from './proving.ts';
