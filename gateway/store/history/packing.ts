import type { DatabaseSync } from 'node:sqlite'
import { type Joined, type Joining, packJoined, putJoined } from './join.ts'
import { type Merged, type Merging, packSegments, putMerged } from './merge.ts'
import type { Scratch } from './scratch.ts'
import { packLog, putSealed, type Sealed, type Sealing } from './seal.ts'

/** What is to be packed, and what came of it. Plain data: it may be packed in one thread and put down in another. */
export type Packing = Sealing | Merging | Joining
export type Parcel = Sealed | Merged | Joined

/** Packs in pieces of some milliseconds, on any connection. Null where there turns out to be nothing. */
export function pack(db: DatabaseSync, packing: Packing, scratch: Scratch): Generator<void, Parcel | null> {
  switch (packing.kind) {
    case 'seal':
      return packLog(db, packing, scratch)
    case 'merge':
      return packSegments(db, packing, scratch)
    case 'join':
      return packJoined(db, packing, scratch)
  }
}

/** All of it in one transaction, or nothing where the file no longer says what was packed. */
export function putDown(db: DatabaseSync, parcel: Parcel): void {
  if (parcel.kind === 'seal') putSealed(db, parcel)
  else if (parcel.kind === 'merge') putMerged(db, parcel)
  else putJoined(db, parcel)
}
